import { clamp, type Place, type Position } from "../base/geometry";
import type { Underway } from "../base/underway";
import { Gestures, type Grip } from "../map/gestures";
import { listenToKeys } from "../map/keyboard";
import type { MapPane } from "../map/map";
import { letterOf, type Stop } from "./state";

/** One press of an arrow key moves the chosen stop by this many pixels. */
const NUDGE = 4;
/** Pixels from a stop's middle that still take hold of it. */
const REACH = { mouse: 18, touch: 30 };

export interface MapStopsHandlers {
  /** A stop is carried to a position, where it began being the stop's own; tells where it stands. */
  onCarry(index: number, position: Position, time: number | null): Position;
  /** Whichever is carried has been let go of, to stay … */
  onDrop(): void;
  /** … or to go back. */
  onCancel(): void;
  onChoose(index: number): void;
  /** The chosen stop is to take a data point's place and latent. */
  onPoint(index: number, point: number): void;
  onPin(): void;
}

/** The stops on the map: shown by their letters, dragged by hand, moved by keys; and the path between them. */
export class MapStops {
  private positions: Position[] = [];
  private chosen = 0;

  constructor(
    private readonly map: MapPane,
    private readonly handlers: MapStopsHandlers,
    underway: Underway,
    signal: AbortSignal,
  ) {
    const opened = (): void => {
      map.setHeld(false);
      map.setCursor("grab");
    };
    new Gestures(
      map.surface,
      {
        pick: (place, touch): Grip => {
          const stop = this.stopAt(place, touch);
          return stop === null ? { kind: "map" } : { kind: "stop", stop };
        },
        anchorOf: (grip, place) => (grip.kind === "stop" ? map.seenAt(this.positions[grip.stop]!) : place),
        begin: (held) => {
          if (held.kind !== "stop") return;
          map.setHeld(true);
          map.setCursor("grabbing");
          handlers.onChoose(held.stop);
        },
        preview: (held, place, time) => held.kind === "stop" && this.carry(held.stop, map.view.toPosition(this.inside(place)), time),
        commit: () => {
          opened();
          handlers.onDrop();
        },
        cancel: () => {
          opened();
          handlers.onCancel();
        },
        tap: (place, touch, time) => this.tap(place, touch, time),
        pan: (left, top) => {
          map.setCursor("grabbing");
          map.pan(left, top);
        },
        zoom: (factor, place) => map.zoom(factor, place),
        hover: (place) => this.hover(place),
      },
      underway,
      signal,
    );
    listenToKeys(
      map.surface,
      {
        nudge: (right, up, time) => this.nudge(right, up, time),
        settle: () => handlers.onDrop(),
        revert: () => handlers.onCancel(),
        zoom: (factor) => map.zoom(factor),
        fit: () => map.fit(),
        pin: () => handlers.onPin(),
      },
      underway,
      signal,
    );
  }

  show(stops: readonly Stop[], chosen: number): void {
    this.positions = stops.map(({ position }) => position);
    this.chosen = chosen;
    this.mark();
  }

  /** @param path positions along it, x and y in turn; the corners' outline where it is a grid */
  showPath(path: readonly Position[], closed: boolean): void {
    const [first] = path;
    this.map.setOutlines(first ? [{ polygon: closed ? [...path, first] : path, look: "path" }] : []);
  }

  private inside({ left, top }: Place): Place {
    return { left: clamp(left, 0, this.map.view.width), top: clamp(top, 0, this.map.view.height) };
  }

  private mark(): void {
    this.map.setMarks(
      "stops",
      this.positions.map((position, index) => ({ position, look: index === this.chosen ? "stop chosen" : "stop", label: letterOf(index) })),
    );
  }

  private stopAt(place: Place, touch: boolean): number | null {
    let nearest: number | null = null;
    let least = touch ? REACH.touch : REACH.mouse;
    this.positions.forEach((stop, index) => {
      const { left, top } = this.map.seenAt(stop);
      const away = Math.hypot(left - place.left, top - place.top);
      // Of two that lie on each other the chosen one is on top.
      if (away < least || (away <= least && index === this.chosen)) [nearest, least] = [index, away];
    });
    return nearest;
  }

  private carry(index: number, position: Position, time: number | null): void {
    this.positions[index] = this.handlers.onCarry(index, position, time);
    this.mark();
  }

  private hover(place: Place | null): void {
    const stop = place && this.stopAt(place, false);
    const point = place && stop === null ? this.map.pointAt(place, false) : null;
    this.map.setRing(point);
    this.map.setCursor(stop !== null ? "grab" : point === null ? "crosshair" : "pointer");
  }

  /** A click brings the chosen stop there: onto a data point exactly. */
  private tap(place: Place, touch: boolean, time: number): void {
    if (this.positions.length === 0) return;
    const point = this.map.pointAt(place, touch);
    this.map.dismissHint();
    if (point !== null) {
      this.handlers.onPoint(this.chosen, point);
      return;
    }
    this.carry(this.chosen, this.map.view.toPosition(place), time);
    this.handlers.onDrop();
  }

  private nudge(right: number, up: number, time: number): void {
    const position = this.positions[this.chosen];
    if (!position) return;
    const { view } = this.map;
    const { left, top } = this.map.seenAt(position);
    this.map.dismissHint();
    this.carry(this.chosen, view.toPosition(this.inside({ left: left + NUDGE * right, top: top - NUDGE * up })), time);
  }
}
