import type { Position } from "../base/geometry";
import type { Underway } from "../base/underway";
import type { MapPane } from "../map/map";
import type { MapLook } from "../map/mapLook";
import type { Outline } from "../map/outlines";
import { attributeVector, countsByClass, meanLatent, overlap, timesAlong } from "../measure/groups";
import { nearestRows } from "../plane/nearest";
import { pointsInside, simplified } from "../measure/polygon";
import type { PointData } from "../model/pointData";
import type { ProbeSession } from "../probe/probeSession";
import type { History } from "../state/history";
import { type Group, sameMethod, type State } from "../state/state";
import { type GroupFacts, type GroupsHandlers, GroupsPanel, STEP, STRENGTH } from "../panel/groupsPanel";
import type { Manifest } from "../model/manifest";

const NEAREST = 100;
/** Corners of an outline may be dropped where it moves by less than this share of the map's side. */
const TOLERANCE = 0.002;

export interface GroupsHost {
  readonly history: History<State>;
  readonly map: MapPane;
  readonly look: MapLook;
  readonly data: PointData;
  readonly session: ProbeSession;
  /** Shows the image of a latent as soon as it is there. */
  decode(latent: Float32Array, show: (image: Float32Array) => void): void;
  goTo(latent: Float32Array): void;
  pin(latent: Float32Array, name: string): void;
  say(notice: string): void;
  /** A group is there that a person will want to see. */
  reveal(): void;
}

/** Gathers points into two groups and moves the probe along the direction between them. */
export class Groups {
  readonly panel: GroupsPanel;
  private host: GroupsHost | null = null;
  private means: (Float32Array | null)[] = [null, null];
  private vector: Float32Array | null = null;
  /** Where the handle's middle is: its probe goes from there along the direction. */
  private origin: Float32Array | null = null;

  constructor(
    private readonly manifest: Manifest,
    underway: Underway,
  ) {
    let before = this.origin;
    const handlers: GroupsHandlers = {
      onTake: (slot, source) => this.take(slot, source),
      onClear: (slot) => this.put(slot, null),
      onPin: (slot) => this.host?.pin(this.means[slot]!, `mean of ${slot === 0 ? "A" : "B"}`),
      onGoTo: (slot) => this.host?.goTo(this.means[slot]!),
      strength: {
        begin: () => {
          before = this.origin;
          this.host?.session.begin();
        },
        preview: (strength) => this.steer(strength),
        commit: () => this.host?.session.commit(),
        cancel: () => {
          this.origin = before;
          this.host?.session.cancel();
        },
      },
    };
    this.panel = new GroupsPanel(manifest, handlers, underway);
  }

  /** Shows the groups there are, and from now on every change of them. */
  connect(host: GroupsHost): void {
    this.host = host;
    const { history } = host;
    if (history.state.groups.some((group) => group)) this.show(history.state);
    history.on(["groups"], (state) => this.show(state));
    history.on(["groups"], () => this.draw(null));
    this.draw(null);
  }

  /** Shows the lassos: the groups' on the map they were drawn on, and the one in the hand. */
  draw(drawing: readonly Position[] | null): void {
    if (!this.host) return;
    const { groups, method } = this.host.history.state;
    const outlines: Outline[] = groups.flatMap((group, slot) =>
      group?.outline && sameMethod(group.outline.method, method) ? [{ polygon: group.outline.polygon, look: slot === 0 ? "first" : "second" }] : [],
    );
    if (drawing) outlines.push({ polygon: drawing, look: "drawing" });
    this.host.map.setOutlines(outlines);
  }

  /** Points round which a lasso has been drawn: the first group, then the second, then the second anew. */
  lassoed(polygon: readonly Position[]): void {
    const { host } = this;
    if (!host) return;
    const points = pointsInside(polygon, host.look.positions, host.look.shown);
    if (points.length === 0) {
      host.say("No point lies inside the lasso.");
      return;
    }
    const side = Math.max(...polygon.map(({ x }) => x)) - Math.min(...polygon.map(({ x }) => x));
    const { method, groups } = host.history.state;
    const outline = { polygon: simplified(polygon, TOLERANCE * side), method };
    this.put(groups[0] === null ? 0 : 1, { points, origin: "by lasso", outline });
  }

  private show(state: State): void {
    const { data } = this.host!;
    const facts = state.groups.map((group, slot): GroupFacts | null => {
      this.means[slot] = group && meanLatent(data.latents, data.dimensions, group.points);
      if (!group) return null;
      this.host!.decode(this.means[slot]!, (image) => this.panel.setMean(slot as 0 | 1, image));
      return { group, counts: countsByClass(group.points, data.labels, this.manifest.data.class_names.length) };
    });
    const [a, b] = state.groups;
    this.vector = a && b && attributeVector(data.latents, data.dimensions, a.points, b.points);
    this.panel.show([facts[0]!, facts[1]!], a && b && overlap(data.latents, data.dimensions, a.points, b.points));
    this.origin = null;
    this.panel.setStrength(0);
    if (state.groups.some((group) => group)) this.host!.reveal();
  }

  /** The probe has moved: where that was neither by the handle nor by undo, the handle begins anew. */
  probeMoved(latent: Float32Array): void {
    this.panel.setStrength(this.strengthOf(latent) ?? 0);
  }

  /** Where on its way the handle would have a latent; null beside it and beyond. */
  private strengthOf(latent: Float32Array): number | null {
    const times = this.vector && this.origin && timesAlong(latent, this.origin, this.vector);
    return times !== null && Math.abs(times) <= STRENGTH + STEP / 2 ? times : null;
  }

  private steer(strength: number): void {
    const { vector, host } = this;
    if (!vector || !host) return;
    if (this.strengthOf(host.session.latent) === null) this.origin = host.session.latent;
    host.session.setLatent(this.origin!.map((value, dimension) => value + strength * vector[dimension]!));
  }

  private take(slot: 0 | 1, source: { readonly label: number } | "nearest"): void {
    const { host } = this;
    if (!host) return;
    if (source === "nearest") {
      const { latents, dimensions } = host.data;
      const nearest = nearestRows(latents, dimensions, host.session.latent, NEAREST);
      this.put(slot, { points: Uint32Array.from(nearest, ({ row }) => row), origin: "nearest to the probe", outline: null });
    } else {
      const points = [...host.data.labels.keys()].filter((point) => host.data.labels[point] === source.label);
      if (points.length > 0) this.put(slot, { points: Uint32Array.from(points), origin: "a class", outline: null });
    }
  }

  private put(slot: 0 | 1, group: Group | null): void {
    const [first, second] = this.host!.history.state.groups;
    this.host!.history.commit({ groups: slot === 0 ? [group, second] : [first, group] });
  }
}
