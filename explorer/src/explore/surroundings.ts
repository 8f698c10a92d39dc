import { FAR_ON_THE_MAP } from "../measure/emptiness";
import { type MapPane, NEAR } from "../map/map";
import type { MapLook } from "../map/mapLook";
import type { Mark } from "../map/marks";
import { FAR_IN_LATENT_SPACE, type KnownGround } from "../plane/knownGround";
import { NearestSearch } from "../plane/nearest";
import type { Manifest } from "../model/manifest";
import type { PointData } from "../model/pointData";
import { pointName, pointWords, tellsPosteriors } from "../model/pointWords";
import type { DrawPoint, Thumbnails } from "../model/thumbnails";
import type { Announcer } from "../page/announcer";
import { NEIGHBOURS, type Neighbours } from "../panel/neighbours";
import type { Caption, Panel } from "../panel/panel";
import { type Position, samePosition } from "../base/geometry";
import type { Probe } from "../probe/probe";
import type { ProbeSession } from "../probe/probeSession";

/** Says where the probe is: its class, what is near, whether anything is, and where it came from. */
export class Surroundings {
  readonly announcer: Announcer;
  /** The points' pictures; null until it may look for what is near, which the first image does not wait for. */
  private thumbnails: Thumbnails | null = null;
  private ghost: number | null = null;
  /** What tells by the probe's latent whether any data are near; null while only the map tells. */
  private ground: KnownGround | null = null;

  constructor(
    private readonly manifest: Manifest,
    private readonly map: MapPane,
    private readonly look: MapLook,
    private readonly data: PointData,
    private readonly session: ProbeSession,
    private readonly panel: Panel,
    private readonly neighbours: Neighbours,
    announcer: Announcer,
    signal: AbortSignal,
  ) {
    this.announcer = announcer;
    signal.addEventListener("abort", () => neighbours.stop(), { once: true });
  }

  /** From here on it may look for what is near. */
  measure(thumbnails: Thumbnails, drawPoint: DrawPoint): void {
    this.thumbnails = thumbnails;
    this.neighbours.setPictures((point, canvas) => {
      // While a hand holds the probe nothing crosses the network.
      const here = thumbnails.has(point) || !this.session.isHeld;
      if (here) drawPoint(point, canvas);
      else thumbnails.blank(canvas);
      return here;
    });
    this.describe();
    this.changed();
  }

  /** From here on latents that are known as such are judged by themselves. */
  judge(ground: KnownGround | null): void {
    this.ground = ground;
    this.describe();
  }

  /** Says in words where the probe is, and shows where a dragged point came from. */
  describe(): void {
    const { probe, home } = this.session;
    const far = this.thumbnails === null ? null : this.whyFar(probe);
    const caption = this.caption(probe, far !== null);
    this.panel.setReturn(home !== null && probe.point === null);
    this.panel.setSample(probe.point !== null && tellsPosteriors(this.manifest));
    this.panel.setCaption(caption);
    this.panel.far.show(far);
    this.announcer.say([caption.name, caption.detail, far === null ? "" : `far from ${pointWords(this.manifest).any}`].filter((words) => words !== "").join(", "));
    this.showGhost(this.ghostOf(probe, home));
  }

  /** The image has changed: its nearest real images follow. */
  changed(): void {
    const { latents, dimensions } = this.data;
    if (this.thumbnails) this.neighbours.follow(() => new NearestSearch(latents, dimensions, this.session.latent, NEIGHBOURS));
  }

  /** No hand holds the probe any more: pictures that are still to come may be fetched. */
  released(): void {
    this.changed();
  }

  /** Why the probe is far from any data; null where it is not. A place on the map is judged by the map. */
  private whyFar({ position, anchor, point }: Probe): string | null {
    if (point !== null) return null;
    if (this.ground && anchor && samePosition(anchor.position, position)) return this.ground.isFar(anchor.latent) ? FAR_IN_LATENT_SPACE : null;
    return this.look.isFar(position) ? FAR_ON_THE_MAP : null;
  }

  /** The point that the probe was dragged away from, while what it started with still goes along. */
  private ghostOf({ point, anchor }: Probe, home: number | null): number | null {
    if (point !== null || home === null || !anchor) return null;
    return samePosition(anchor.position, this.map.positionOf(home)) ? home : null;
  }

  private showGhost(ghost: number | null): void {
    if (ghost === this.ghost) return;
    this.ghost = ghost;
    const marks: Mark[] = ghost === null ? [] : [{ position: this.map.positionOf(ghost), look: "ghost", label: "" }];
    this.map.setMarks("ghost", marks);
  }

  /** What a person would wonder at who sees the probe away from all points. */
  private awayWords(position: Position, far: boolean): string {
    if (!this.manifest.latent.active.includes(true)) return "no dimension in use";
    if (this.map.view.isBeyond(position)) return "beyond the map";
    return far ? "" : "on the map alone";
  }

  private caption(probe: Probe, far: boolean): Caption {
    const { all, made } = pointWords(this.manifest);
    if (probe.point !== null) {
      return {
        color: this.look.classColor(probe.point),
        name: this.look.className(probe.point),
        detail: `${pointName(this.manifest, probe.point)}, ${made}`,
      };
    }
    const nearest = this.map.nearestPoint(probe.position);
    if (!nearest || nearest.pixels > NEAR) {
      const away = far || this.look.isFar(probe.position);
      return { color: "transparent", name: away ? `Away from ${all}` : `Between ${all}`, detail: away ? this.awayWords(probe.position, far) : "" };
    }
    return { color: this.look.classColor(nearest.point), name: this.look.className(nearest.point), detail: "is nearest on the map" };
  }
}
