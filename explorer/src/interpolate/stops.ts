import { Failure } from "../base/failure";
import type { Underway } from "../base/underway";
import type { MapPane } from "../map/map";
import type { PointData } from "../model/pointData";
import type { Thumbnails } from "../model/thumbnails";
import { drawnFrom, type PriorName } from "../opened/draws";
import type { OpenModel } from "../opened/openModel";
import { framed, frameOf } from "../own/framing";
import { WITHOUT_ENCODER } from "../own/ownImagePanel";
import { readPicture } from "../own/picture";
import type { Announcer } from "../page/announcer";
import { newId } from "../page/ids";
import type { History } from "../state/history";
import type { Pin } from "../state/state";
import { Hand, type HandHandlers } from "./hand";
import { MapStops } from "./mapStops";
import { PathOnMap } from "./pathOnMap";
import type { Plan } from "./plan";
import { type Choices, fewestStops, letterOf, MOST_STOPS, type Shape, type Stop } from "./state";
import { StopList } from "./stopList";
import type { StopMaker } from "./stopMaker";
import { StopPicker } from "./stopPicker";

export interface StopsHost extends Omit<HandHandlers, "onMove"> {
  /** Something beside the path has failed. */
  onError(error: unknown): void;
  readonly model: OpenModel;
  readonly map: MapPane;
  readonly history: History<Choices>;
  readonly underway: Underway;
  readonly announcer: Announcer;
  /** The stops lie elsewhere, or one of them moves in the hand: the frames are to be laid anew. */
  onLay(held: Parameters<HandHandlers["onMove"]>[0] | null, pointerTime: number | null): void;
  onPin(): void;
  /** What is in the tray now. */
  pins(): readonly Pin[];
}

/** The stops of the path: made, chosen, moved by hand and by keys, put in order, taken away. */
export class Stops {
  readonly list: StopList;
  readonly picker: StopPicker;
  readonly hand: Hand;
  readonly onMap: MapStops;
  private maker: StopMaker | null = null;
  private readonly path = new PathOnMap();
  private index = 0;

  constructor(
    private readonly host: StopsHost,
    signal: AbortSignal,
  ) {
    const { model, map, history, underway } = host;
    const { image_size, channels } = model.manifest.model;
    const decode = (latent: Float32Array, show: (image: Float32Array) => void): void => void model.local.decode(latent).then(show).catch((error: unknown) => host.onError(error));
    this.hand = new Hand(() => this.maker!.latentMap, {
      onTake: () => host.onTake(),
      requestFrame: () => host.requestFrame(),
      busy: () => host.busy(),
      onMove: (held, pointerTime) => host.onLay(held, pointerTime),
    });
    this.onMap = new MapStops(
      map,
      {
        onCarry: (index, position, time) => this.hand.carry(index, this.stops[index]!, position, time),
        onDrop: () => this.drop(),
        onCancel: () => this.putBack(),
        onChoose: (index) => this.choose(index),
        onPoint: (index, point) => this.putOnPoint(index, point),
        onPin: () => host.onPin(),
      },
      underway,
      signal,
    );
    this.list = new StopList(image_size, channels, {
      onChange: (stops) => history.commit({ stops }),
      onChoose: (index) => this.choose(index),
      decode,
    });
    this.picker = new StopPicker(model.manifest, {
      add: (latent, name, point) => this.add(latent, name, point),
      decode,
      usePins: () => this.usePins(),
      takePicture: (file) => void this.takePicture(file),
      draw: (prior) => void this.draw(prior),
      pins: () => host.pins(),
    });
    history.listen((state, before) => {
      // A hand holds a stop by its place in the list.
      if (state.stops.map(({ id }) => id).join() !== before.stops.map(({ id }) => id).join()) underway.cancel();
      // What is chosen is a stop, not a place in the list.
      const index = state.stops.findIndex(({ id }) => id === before.stops[this.index]?.id);
      this.index = index >= 0 ? index : Math.min(this.index, Math.max(0, state.stops.length - 1));
      this.show();
    });
  }

  /** The stop that keys move. */
  get chosen(): number {
    return this.index;
  }

  /** From here on stops can be made of the data. */
  begin(maker: StopMaker): void {
    this.maker = maker;
  }

  /** Fills the offers, which the first frames do not wait for. */
  open(data: PointData, thumbnails: Thumbnails | null): void {
    this.picker.open(data, thumbnails, this.maker!.means);
  }

  /** The stops of a shape: a grid has corners of its own where there are too few; before the data are here there are none. */
  enough(shape: Shape): readonly Stop[] {
    const corners = shape === "path" && this.stops.some(({ corner }) => corner);
    const chosen = corners ? this.stops.filter(({ corner }) => !corner) : this.stops;
    const stops = chosen.length < fewestStops(shape) ? this.stops : chosen;
    const missing = fewestStops(shape) - stops.length;
    if (!this.maker || missing <= 0) return stops;
    return [...stops, ...this.maker.more(stops, missing).map((stop) => ({ ...stop, corner: shape === "grid" }))];
  }

  choose(index: number): void {
    this.index = index;
    this.show();
    this.host.announcer.say(`Stop ${letterOf(index)}, ${this.stops[index]?.name ?? ""}`);
  }

  private async draw(prior: PriorName): Promise<void> {
    try {
      this.add(await drawnFrom(this.host.model, prior), prior === "known" ? "like the data" : "N(0, I)", null);
    } catch (error) {
      this.picker.say(Failure.from(error, "There is no draw.").message);
    }
  }

  async takePicture(file: File): Promise<void> {
    try {
      const { manifest } = this.host.model;
      if (!manifest.files.encoder) {
        this.picker.say(WITHOUT_ENCODER);
        return;
      }
      const input = framed(await readPicture(file, manifest.data.whole_levels), frameOf(manifest));
      if (!input) {
        this.picker.say("The picture is empty: there is nothing on it but its background.");
        return;
      }
      const { mean } = await (await this.host.model.background()).encode(input);
      this.add(mean, file.name || "pasted", null);
    } catch (error) {
      this.picker.say(Failure.from(error, "The picture cannot be used.").message);
    }
  }

  /** Shows on the map where the frames lie: along a path, or between the corners of a grid. */
  drawPath(plan: Plan): void {
    const { held } = this.hand;
    const positions = this.stops.map(({ position }, index) => (index === held?.index ? held.position : position));
    if (plan.rows > 1) this.onMap.showPath([positions[0]!, positions[1]!, positions[3]!, positions[2]!], true);
    else this.onMap.showPath(this.path.positions(plan, positions, this.maker!.latentMap, held !== null), false);
  }

  private get stops(): readonly Stop[] {
    return this.host.history.state.stops;
  }

  private show(): void {
    this.list.show(this.stops, this.index, fewestStops(this.host.history.state.shape));
    this.onMap.show(this.stops, this.index);
  }

  /** The hand has let go: the stop is where it is now, unless it has been removed since. */
  private drop(): void {
    const dropped = this.hand.drop();
    const index = this.stops.findIndex(({ id }) => id === dropped?.from.id);
    if (!dropped || index < 0) return;
    const name = this.maker!.nameAt(dropped.stop.position);
    this.put(index, { ...dropped.stop, name, point: null, corner: false });
  }

  /** The hand has opened without having decided anything: the stop is where it was. */
  private putBack(): void {
    const index = this.hand.cancel();
    if (index === null) return;
    this.show();
    this.list.putBack(index);
    this.host.onLay(null, null);
  }

  private putOnPoint(index: number, point: number): void {
    if (this.stops[index]!.point === point && !this.stops[index]!.corner) return;
    this.put(index, { ...this.maker!.onPoint(point), id: this.stops[index]!.id });
  }

  private put(index: number, stop: Stop): void {
    this.host.history.commit({ stops: this.stops.with(index, stop) });
  }

  private add(latent: Float32Array, name: string, point: number | null): void {
    if (!this.maker) return;
    const { map, history } = this.host;
    const position = point === null ? this.maker.latentMap.positionOf(latent) : map.positionOf(point);
    if (this.stops.length >= MOST_STOPS) {
      this.picker.say(`A path has at most ${MOST_STOPS} stops: remove one first.`);
      return;
    }
    this.picker.say("");
    this.index = this.stops.length;
    history.commit({ stops: [...this.stops, { id: newId(), name, latent: latent.slice(), position, point, corner: false }] });
  }

  private usePins(): void {
    if (!this.maker) return;
    const { latentMap } = this.maker;
    const { history } = this.host;
    const pins = this.host.pins().slice(0, MOST_STOPS);
    const stops = pins.map(({ name, latent }) => ({ id: newId(), name, latent, position: latentMap.positionOf(latent), point: null, corner: false }));
    const { shape } = history.state;
    history.commit({ stops, shape: stops.length < fewestStops(shape) ? "path" : shape });
  }
}
