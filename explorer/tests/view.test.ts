import assert from "node:assert/strict";
import { test } from "node:test";
import { View } from "../src/map/view";

const BOUNDS = { left: -2, bottom: 1, right: 6, top: 5 };

function view(): View {
  const made = new View(BOUNDS);
  made.resize(800, 600);
  made.fit();
  return made;
}

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
  assert.equal(seen.reveal({ x: 0, y: 3 }, 20), false);
  assert.equal(seen.reveal({ x: 30, y: 3 }, 20), true);
  close(seen.toPlace({ x: 30, y: 3 }).left, 780);
});
