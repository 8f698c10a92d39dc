import assert from "node:assert/strict";
import { test } from "node:test";
import type { Position } from "../src/base/geometry";
import { Underway } from "../src/base/underway";
import { MapStops } from "../src/interpolate/mapStops";
import type { Stop } from "../src/interpolate/state";
import type { MapPane } from "../src/map/map";
import { Surface } from "./surface";

const stop = (id: string, x: number, y: number): Stop => ({ id, name: id, latent: Float32Array.of(x, y), position: { x, y }, point: null, corner: false });
const STOPS = [stop("a", 50, 0), stop("b", 150, 0), stop("c", 150, 0)];
/** A data point, on a map of a pixel a unit, y upwards from the middle. */
const POINT = { left: 300, top: 100 };

interface Told {
  readonly carried: (readonly [number, Position])[];
  readonly said: string[];
}

function onMap(line = false): { stops: MapStops; surface: Surface; told: Told; marks: () => string[]; underway: Underway } {
  const surface = new Surface();
  const underway = new Underway();
  const told: Told = { carried: [], said: [] };
  let shown: string[] = [];
  const silent = (): void => undefined;
  const view = {
    width: 400,
    height: 300,
    scale: 1,
    toPlace: ({ x, y }: Position) => ({ left: x, top: 150 - y }),
    toPosition: ({ left, top }: { left: number; top: number }) => ({ x: left, y: 150 - top }),
  };
  const map = {
    surface,
    view,
    seenAt: view.toPlace,
    pointAt: ({ left, top }: { left: number; top: number }) => (Math.hypot(left - POINT.left, top - POINT.top) <= 3 ? 8 : null),
    setMarks: (_set: string, marks: readonly { look: string; label: string; position: Position }[]) =>
      (shown = marks.map(({ look, label, position }) => `${label}${look.includes("chosen") ? "*" : ""} ${position.x},${position.y}`)),
    setHeld: silent,
    setCursor: silent,
    setRing: silent,
    setOutlines: silent,
    dismissHint: silent,
    pan: (left: number) => told.said.push(`pan ${left}`),
    zoom: silent,
    fit: silent,
  };
  const stops: MapStops = new MapStops(
    map as unknown as MapPane,
    {
      onCarry: (index, position) => {
        told.carried.push([index, position]);
        return line ? { ...position, y: 0 } : position;
      },
      onDrop: () => told.said.push("drop"),
      onCancel: () => told.said.push("cancel"),
      onChoose: (index) => {
        told.said.push(`choose ${index}`);
        stops.show(STOPS, index);
      },
      onPoint: (index, point) => told.said.push(`${index} on point ${point}`),
      onPin: () => told.said.push("pin"),
    },
    underway,
    new AbortController().signal,
  );
  stops.show(STOPS, 0);
  return { stops, surface, told, marks: () => shown, underway };
}

test("a stop is taken, carried by where it was taken, and let go of", () => {
  const { surface, told, marks } = onMap();
  surface.pointer("pointerdown", 55, 152);
  surface.pointer("pointermove", 105, 102);
  assert.deepEqual(told.carried.at(-1), [0, { x: 100, y: 50 }]);
  assert.equal(marks()[0], "A* 100,50");
  surface.pointer("pointerup", 105, 102);
  assert.deepEqual(told.said, ["choose 0", "drop"]);
});

test("a stop is shown where it stands, which may be beside the hand", () => {
  const { surface, marks } = onMap(true);
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 105, 102);
  assert.equal(marks()[0], "A* 105,0");
});

test("of two stops on one place the chosen one is taken", () => {
  for (const [chosen, expected] of [[1, 1], [2, 2]] as const) {
    const { stops, surface, told } = onMap();
    stops.show(STOPS, chosen);
    surface.pointer("pointerdown", 150, 150);
    assert.deepEqual(told.said, [`choose ${expected}`]);
  }
});

test("a stop does not leave the map with the hand", () => {
  const { surface, told } = onMap();
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 900, -80);
  assert.deepEqual(told.carried.at(-1), [0, { x: 400, y: 150 }]);
});

test("Esc and undo take a carried stop back, and what the hand does then is nothing", () => {
  for (const cancel of ["key", "undo"] as const) {
    const { surface, told, underway } = onMap();
    surface.pointer("pointerdown", 50, 150);
    surface.pointer("pointermove", 90, 150);
    if (cancel === "key") surface.key("keydown", "Escape");
    else underway.cancel();
    const { length } = told.carried;
    surface.pointer("pointermove", 120, 150);
    surface.pointer("pointerup", 120, 150);
    assert.deepEqual([told.carried.length, told.said], [length, ["choose 0", "cancel"]]);
  }
});

test("a click brings the chosen stop: to a place, or onto a data point exactly", () => {
  const { surface, told } = onMap();
  surface.pointer("pointerdown", 220, 60);
  surface.pointer("pointerup", 220, 60);
  assert.deepEqual([told.carried, told.said], [[[0, { x: 220, y: 90 }]], ["drop"]]);
  surface.pointer("pointerdown", POINT.left, POINT.top);
  surface.pointer("pointerup", POINT.left, POINT.top);
  assert.deepEqual(told.said, ["drop", "0 on point 8"]);
});

test("arrows carry the chosen stop and are one step once they rest; P pins", () => {
  const { surface, told } = onMap();
  for (let repeat = 0; repeat < 3; repeat++) surface.key("keydown", "ArrowUp");
  assert.deepEqual(told.said, []);
  surface.key("keyup", "ArrowUp");
  surface.key("keydown", "p");
  assert.deepEqual([told.carried.map(([, { y }]) => y), told.said], [[4, 8, 12], ["drop", "pin"]]);
});

test("a drag on the empty map pans it and takes no stop along", () => {
  const { surface, told } = onMap();
  surface.pointer("pointerdown", 250, 250);
  surface.pointer("pointermove", 270, 250);
  surface.pointer("pointerup", 270, 250);
  assert.deepEqual([told.carried, told.said], [[], ["pan 20"]]);
});
