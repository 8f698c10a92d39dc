import { Gestures, type Grip } from "../map/gestures";
import { clamp, type Place } from "../base/geometry";
import type { Underway } from "../base/underway";
import type { HoverCard } from "../map/hoverCard";
import { listenToKeys } from "../map/keyboard";
import type { LassoTool } from "../map/lassoTool";
import type { MapPane } from "../map/map";
import type { ProbeSession } from "./probeSession";

/** One press of an arrow key moves the probe by this many pixels. */
const NUDGE = 4;

export interface MapActions {
  /** Esc, when nothing is held and no tool is taken up. */
  clear(): void;
  /** Key P, where there is anything to keep images in. */
  pin?(): void;
}

/** Wires hand and keys to the map, the probe and the lasso. */
export function connectMap(
  map: MapPane,
  session: ProbeSession,
  lasso: LassoTool,
  card: Pick<HoverCard, "over">,
  actions: MapActions,
  underway: Underway,
  signal: AbortSignal,
): void {
  const hover = (place: Place | null): void => {
    const overProbe = place !== null && !lasso.isArmed && map.probeAt(place, false);
    const point = place === null || overProbe || lasso.isArmed ? null : map.pointAt(place, false);
    map.setRing(point);
    card.over(point);
    map.setCursor(overProbe ? "grab" : point === null ? "crosshair" : "pointer");
  };

  const inside = ({ left, top }: Place): Place => ({
    left: clamp(left, 0, map.view.width),
    top: clamp(top, 0, map.view.height),
  });

  const carry = (place: Place, time: number | null): void => session.moveTo(map.view.toPosition(inside(place)), time);

  const opened = (): void => {
    map.setHeld(false);
    map.setCursor("grab");
  };

  new Gestures(
    map.surface,
    {
      pick: (place, touch, shift): Grip => {
        if (shift || lasso.isArmed) return { kind: "lasso" };
        if (map.probeAt(place, touch)) return { kind: "probe" };
        // A finger covers many points at once: it pans, and taps to choose one.
        const point = touch ? null : map.pointAt(place, false);
        return point === null ? { kind: "map" } : { kind: "point", point };
      },
      anchorOf: (grip, place) => {
        if (grip.kind === "probe") return map.seenAt(session.probe.position);
        return grip.kind === "point" ? map.view.toPlace(map.positionOf(grip.point)) : place;
      },
      begin: (held, place, time) => {
        if (held.kind === "lasso") {
          lasso.begin(place);
          return;
        }
        session.begin();
        map.setHeld(true);
        map.setCursor("grabbing");
        if (held.kind === "point") session.snap(held.point, time);
      },
      preview: (held, place, time) => (held.kind === "lasso" ? lasso.extend(inside(place)) : carry(place, time)),
      commit: (held) => {
        if (held.kind === "lasso") {
          lasso.end(false);
          return;
        }
        opened();
        session.commit();
      },
      cancel: (held) => {
        if (held.kind === "lasso") {
          lasso.end(true);
          return;
        }
        opened();
        session.cancel();
      },
      tap: (place, touch, time) => {
        const point = map.pointAt(place, touch);
        session.begin();
        if (point === null) carry(place, time);
        else session.snap(point, time);
        map.dismissHint();
        session.commit();
      },
      pan: (left, top) => {
        map.setCursor("grabbing");
        map.pan(left, top);
      },
      zoom: (factor, place) => {
        hover(null);
        map.zoom(factor, place);
      },
      hover,
    },
    underway,
    signal,
  );

  listenToKeys(
    map.surface,
    {
      nudge: (right, up, time) => {
        const { left, top } = map.seenAt(session.probe.position);
        session.begin();
        carry({ left: left + NUDGE * right, top: top - NUDGE * up }, time);
        map.revealProbe();
        map.dismissHint();
      },
      settle: () => session.commit(),
      revert: () => session.cancel(),
      zoom: (factor) => map.zoom(factor),
      fit: () => map.fit(),
      clear: () => {
        hover(null);
        if (lasso.isArmed) lasso.arm(false);
        else actions.clear();
      },
      ...(actions.pin ? { pin: () => actions.pin!() } : {}),
      lasso: () => lasso.arm(!lasso.isArmed),
    },
    underway,
    signal,
  );
}
