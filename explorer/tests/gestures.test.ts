import assert from "node:assert/strict";
import { test } from "node:test";
import { Underway } from "../src/base/underway";
import { type GestureHandlers, Gestures, type Grip } from "../src/map/gestures";
import { Surface } from "./surface";

interface Watched {
  readonly surface: Surface;
  readonly underway: Underway;
  readonly told: string[];
}

/** A map whose left part is what `grip` says, and whose right part is the map itself. */
function watched(grip: Grip): Watched {
  const surface = new Surface();
  const underway = new Underway();
  const told: string[] = [];
  const handlers: GestureHandlers = {
    pick: ({ left }) => (left < 200 ? grip : { kind: "map" }),
    anchorOf: (_grip, place) => place,
    begin: ({ kind }) => told.push(`begin ${kind}`),
    preview: ({ kind }, { left, top }) => told.push(`${kind} at ${left} ${top}`),
    commit: ({ kind }) => told.push(`commit ${kind}`),
    cancel: ({ kind }) => told.push(`cancel ${kind}`),
    tap: ({ left, top }) => told.push(`tap ${left} ${top}`),
    pan: (left, top) => told.push(`pan ${left} ${top}`),
    zoom: (factor, { left, top }) => told.push(`zoom ${factor.toFixed(2)} at ${left} ${top}`),
    hover: () => undefined,
  };
  new Gestures(surface.element, handlers, underway, new AbortController().signal);
  return { surface, underway, told };
}

const PROBE: Grip = { kind: "probe" };

test("a drag begins, is shown at every pixel of it, and is kept", () => {
  const { surface, told } = watched(PROBE);
  surface.pointer("pointerdown", 50, 60);
  surface.pointer("pointermove", 51, 60);
  surface.pointer("pointermove", 80, 90);
  surface.pointer("pointerup", 80, 90);
  assert.deepEqual(told, ["begin probe", "probe at 51 60", "probe at 80 90", "commit probe"]);
});

test("on the map itself a short press is a tap and a long one pans", () => {
  const { surface, told } = watched(PROBE);
  surface.pointer("pointerdown", 300, 60);
  surface.pointer("pointermove", 302, 60);
  surface.pointer("pointerup", 302, 60);
  surface.pointer("pointerdown", 300, 60);
  surface.pointer("pointermove", 310, 64);
  surface.pointer("pointerup", 310, 64);
  assert.deepEqual(told, ["tap 300 60", "pan 10 4"]);
});

test("a stop is only carried once the press has travelled", () => {
  const { surface, told } = watched({ kind: "stop", stop: 2 });
  surface.pointer("pointerdown", 50, 60);
  surface.pointer("pointermove", 52, 60);
  assert.deepEqual(told, ["begin stop"]);
  surface.pointer("pointermove", 55, 60);
  assert.deepEqual(told, ["begin stop", "stop at 55 60"]);
});

const ENDS: Readonly<Record<string, (watched: Watched) => void>> = {
  "the system takes the pointer": ({ surface }) => surface.pointer("pointercancel", 80, 60),
  "the capture is lost": ({ surface }) => {
    surface.captured.clear();
    surface.pointer("lostpointercapture", 80, 60);
  },
  "the mouse comes back with no button down": ({ surface }) => surface.pointer("pointermove", 90, 60, { buttons: 0 }),
  "another window comes to the front": ({ surface }) => surface.ownerDocument.defaultView.dispatchEvent(new Event("blur")),
  "the page is hidden": ({ surface }) => {
    surface.ownerDocument.hidden = true;
    surface.ownerDocument.dispatchEvent(new Event("visibilitychange"));
  },
  "undo or Esc takes it back": ({ underway }) => assert.equal(underway.cancel(), true),
};

for (const [reason, end] of Object.entries(ENDS)) {
  test(`a drag is taken back where ${reason}, and nothing sticks to the pointer`, () => {
    const held = watched(PROBE);
    held.surface.pointer("pointerdown", 50, 60);
    held.surface.pointer("pointermove", 80, 60);
    end(held);
    held.surface.pointer("pointermove", 120, 60);
    held.surface.pointer("pointerup", 120, 60);
    assert.deepEqual(held.told, ["begin probe", "probe at 80 60", "cancel probe"]);
    assert.equal(held.underway.cancel(), false);
    held.surface.pointer("pointerdown", 50, 60);
    assert.equal(held.told.at(-1), "begin probe");
  });

  test(`a pan ends where ${reason}`, { skip: reason.startsWith("undo") }, () => {
    const held = watched(PROBE);
    held.surface.pointer("pointerdown", 300, 60);
    held.surface.pointer("pointermove", 310, 60);
    end(held);
    held.surface.pointer("pointermove", 330, 60);
    assert.deepEqual(held.told, ["pan 10 0"]);
  });
}

test("what the surface takes from a child of its own is not lost", () => {
  const { surface, told } = watched(PROBE);
  surface.pointer("pointerdown", 50, 60);
  surface.pointer("lostpointercapture", 50, 60);
  surface.pointer("pointermove", 80, 60);
  assert.deepEqual(told, ["begin probe", "probe at 80 60"]);
});

test("a menu's clicks take nothing: the second button, or ctrl on a Mac", () => {
  const { surface, told } = watched(PROBE);
  surface.pointer("pointerdown", 50, 60, { button: 2, buttons: 2 });
  surface.pointer("pointerdown", 50, 60, { ctrlKey: true });
  surface.pointer("pointermove", 80, 60);
  surface.pointer("pointerup", 80, 60);
  assert.deepEqual(told, []);
});

test("what one pointer holds another does not take away", () => {
  const finger = { pointerId: 7, pointerType: "touch" };
  const mouse = { pointerId: 1, pointerType: "mouse" };
  for (const [first, second] of [[finger, mouse], [mouse, finger]] as const) {
    const { surface, told } = watched(PROBE);
    surface.pointer("pointerdown", 50, 60, first);
    surface.pointer("pointerdown", 300, 60, second);
    surface.pointer("pointermove", 330, 60, second);
    surface.pointer("pointerup", 330, 60, second);
    surface.pointer("pointermove", 80, 60, first);
    surface.pointer("pointerup", 80, 60, first);
    assert.deepEqual(told, ["begin probe", "probe at 80 60", "commit probe"]);
  }
});

test("a second finger takes the drag back and pinches", () => {
  const { surface, told } = watched(PROBE);
  const touch = { pointerType: "touch" };
  surface.pointer("pointerdown", 100, 100, { ...touch, pointerId: 1 });
  surface.pointer("pointerdown", 200, 100, { ...touch, pointerId: 2 });
  surface.pointer("pointermove", 300, 100, { ...touch, pointerId: 2 });
  assert.deepEqual(told, ["begin probe", "cancel probe", "pan 50 0", "zoom 2.00 at 200 100"]);
});

test("a trackpad's pinch in Safari zooms the map and not the page", () => {
  const { surface, told } = watched(PROBE);
  const at = { clientX: 110, clientY: 120 };
  for (const [name, scale] of [["gesturestart", 1], ["gesturechange", 1.5], ["gesturechange", 3], ["gesturestart", 1], ["gesturechange", 0.5]] as const) {
    assert.equal(surface.send(name, { scale, ...at }), false, "the page would zoom");
  }
  assert.deepEqual(told, ["zoom 1.50 at 100 100", "zoom 2.00 at 100 100", "zoom 0.50 at 100 100"]);
});

test("fingers on a screen, which make Safari's events as well, zoom once", () => {
  const { surface, told } = watched({ kind: "map" });
  const touch = { pointerType: "touch" };
  surface.pointer("pointerdown", 100, 100, { ...touch, pointerId: 1 });
  surface.pointer("pointerdown", 200, 100, { ...touch, pointerId: 2 });
  surface.send("gesturestart", { scale: 1, clientX: 160, clientY: 120 });
  surface.pointer("pointermove", 300, 100, { ...touch, pointerId: 2 });
  surface.send("gesturechange", { scale: 2, clientX: 160, clientY: 120 });
  assert.deepEqual(told.filter((line) => line.startsWith("zoom")), ["zoom 2.00 at 200 100"]);
});
