import type { Position } from "../base/geometry";
import { type MapPane, NEAR } from "../map/map";
import type { MapLook } from "../map/mapLook";
import type { PointData } from "../model/pointData";
import { newId } from "../page/ids";
import type { LatentMap } from "../plane/latentMap";
import type { KeptStop } from "./sceneLink";
import { type ClassMean, classMeans, typicalPoints } from "./classMeans";
import { MOST_STOPS, type Stop } from "./state";

/** Stops that a scene begins with when nothing else is wanted. */
const BEGIN_WITH = 3;

/** Points to make stops of, the best first: typical ones, then some far apart in their order, then all. */
function* candidates(means: readonly ClassMean[], points: number): Generator<number> {
  yield* typicalPoints(means, points, MOST_STOPS);
  for (const { typical } of means) yield typical;
  yield* [0, Math.floor(points / 3), Math.floor(points / 2)];
  for (let point = 0; point < points; point++) yield point;
}

/** Makes stops of the model's data, and names those that lie elsewhere. */
export class StopMaker {
  readonly means: readonly ClassMean[];

  constructor(
    private readonly data: PointData,
    private readonly look: MapLook,
    private readonly map: MapPane,
  ) {
    this.means = classMeans(data);
  }

  onPoint(point: number): Stop {
    return { id: newId(), name: this.look.className(point), latent: this.data.halves.row(point), position: this.map.positionOf(point), point, corner: false };
  }

  /** Typical images of a few classes. */
  first(): Stop[] {
    return typicalPoints(this.means, this.data.count, BEGIN_WITH).map((point) => this.onPoint(point));
  }

  /** Further ones, none of which is there already as long as the data have others. */
  more(there: readonly Stop[], count: number): Stop[] {
    const { data, means } = this;
    const taken = new Set(there.map(({ latent }) => latent.join()));
    const fresh: number[] = [];
    for (const point of candidates(means, data.count)) {
      if (fresh.length === count) break;
      const latent = data.halves.row(point).join();
      if (!taken.has(latent)) fresh.push(point);
      taken.add(latent);
    }
    while (fresh.length < count) fresh.push(fresh.length % data.count);
    return fresh.map((point) => this.onPoint(point));
  }

  /** Where latents are on the map, and what lies under its positions. */
  get latentMap(): LatentMap {
    return this.look.latentMap;
  }

  /** A stop as it was kept, with its latent again. */
  restored(kept: KeptStop): Stop {
    if (kept.point !== null) return { ...this.onPoint(kept.point), id: kept.id, name: kept.name, corner: kept.corner };
    const { latentMap } = this;
    const latent = kept.latent ?? latentMap.latentAt(kept.position!, null);
    return { ...kept, latent, position: kept.position ?? latentMap.positionOf(latent) };
  }

  /** The name of a stop that a hand has put somewhere. */
  nameAt(position: Position): string {
    const near = this.map.nearestPoint(position);
    return near && near.pixels <= NEAR ? `near ${this.look.className(near.point)}` : this.look.between;
  }
}
