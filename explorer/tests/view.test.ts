import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, type Place } from "../src/base/geometry";
import { freePlace } from "../src/map/edge";
import { View } from "../src/map/view";

const BOUNDS = { left: -2, bottom: 1, right: 6, top: 5 };

function view(): View {
  const made = new View(BOUNDS);
  made.resize(800, 600);
  made.fit();
  return made;
}

const inside = ({ left, top }: Place): Place => ({ left: clamp(left, 20, 780), top: clamp(top, 20, 580) });

const close = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("place and position undo each other, and y grows upwards", () => {
  const seen = view();
  const position = seen.toPosition({ left: 123, top: 456 });
  const place = seen.toPlace(position);
  close(place.left, 123);
  close(place.top, 456);
  assert.ok(seen.toPlace({ x: 0, y: 4 }).top < seen.toPlace({ x: 0, y: 2 }).top);
});

test("the fitted map is centred and whole", () => {
  const seen = view();
  const low = seen.toPlace({ x: BOUNDS.left, y: BOUNDS.bottom });
  const high = seen.toPlace({ x: BOUNDS.right, y: BOUNDS.top });
  assert.ok(low.left > 0 && high.left < 800 && high.top > 0 && low.top < 600);
  close(low.left, 800 - high.left);
  close(high.top, 600 - low.top);
  close(seen.zoom, 1);
});

test("zooming keeps what lies under the pointer", () => {
  const seen = view();
  const place = { left: 300, top: 260 };
  const before = seen.toPosition(place);
  seen.zoomAt(3, place);
  const after = seen.toPosition(place);
  close(after.x, before.x);
  close(after.y, before.y);
  close(seen.zoom, 3);
});

test("a resize keeps the zoom and the centre", () => {
  const seen = view();
  seen.zoomAt(2, { left: 400, top: 300 });
  const center = seen.toPosition({ left: 400, top: 300 });
  seen.resize(500, 700);
  close(seen.zoom, 2);
  const moved = seen.toPosition({ left: 250, top: 350 });
  close(moved.x, center.x);
  close(moved.y, center.y);
});

test("panning cannot lose the map", () => {
  const seen = view();
  seen.panBy(1e6, -1e6);
  const { x, y } = seen.toPosition({ left: 400, top: 300 });
  assert.ok(x >= BOUNDS.left && x <= BOUNDS.right && y >= BOUNDS.bottom && y <= BOUNDS.top);
});

test("a hidden position is revealed with its margin, a visible one moves nothing", () => {
  const seen = view();
  assert.equal(seen.reveal({ x: 0, y: 3 }, inside), false);
  assert.equal(seen.reveal({ x: 8, y: 3 }, inside), true);
  close(seen.toPlace({ x: 8, y: 3 }).left, 780);
});

test("for what panning cannot reach without losing the map, all of the map is seen", () => {
  const seen = view();
  const far = { x: 30, y: 300 };
  seen.zoomAt(8, { left: 400, top: 300 });
  assert.equal(seen.reveal(far, inside), true);
  close(seen.zoom, 1);
  assert.deepEqual(seen.center, { x: 2, y: 3 });
  assert.deepEqual([seen.shows(far), seen.isBeyond(far)], [false, true]);
  assert.equal(seen.isBeyond({ x: 6, y: 5 }), false);
});

test("a sign stands free of the edge and of the tools over the map", () => {
  const size = { width: 800, height: 600 };
  const tools = [{ left: 12, top: 12, right: 114, bottom: 48 }];
  assert.deepEqual(freePlace({ left: 300, top: 200 }, size, tools), { left: 300, top: 200 });
  assert.deepEqual(freePlace({ left: -1e5, top: -1e5 }, size, tools), { left: 24, top: 72 });
  assert.deepEqual(freePlace({ left: 400, top: -1e5 }, size, tools), { left: 400, top: 24 });
  assert.deepEqual(freePlace({ left: 1e5, top: 300 }, size, tools), { left: 776, top: 300 });
});
