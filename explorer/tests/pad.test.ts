import assert from "node:assert/strict";
import { test } from "node:test";
import { Pad } from "../src/own/pad";
import { Surface } from "./surface";

/** A canvas of 280 × 210 CSS pixels that writes down the lines drawn on it. */
class Canvas extends Surface {
  readonly lines: number[][] = [];
  private from: number[] = [];

  setAttribute(): void {}

  append(): void {}

  getContext(): object {
    return {
      fillRect: () => undefined,
      beginPath: () => undefined,
      stroke: () => undefined,
      moveTo: (x: number, y: number) => (this.from = [x, y]),
      lineTo: (x: number, y: number) => this.lines.push([...this.from, x, y]),
    };
  }
}

function opened(): { canvas: Canvas; told: boolean[] } {
  const canvas = new Canvas();
  const told: boolean[] = [];
  Object.assign(globalThis, { document: { createElement: () => canvas } });
  new Pad((ended) => told.push(ended), new AbortController().signal);
  return { canvas, told };
}

/** From the pad's own pixels to those of the surface. */
const at = (x: number, y: number): [number, number] => [(x * 400) / 280, (y * 300) / 280];

test("a stroke follows the pointer through all that its events stand for", () => {
  const { canvas, told } = opened();
  canvas.pointer("pointerdown", ...at(28, 28));
  const [left, top] = at(56, 28);
  const part = { clientX: left + 10, clientY: top + 20 };
  const whole = { clientX: left + 20, clientY: top + 20 };
  canvas.pointer("pointermove", 0, 0, { ...whole, getCoalescedEvents: () => [part, whole] });
  canvas.pointer("pointerup", 0, 0);
  assert.deepEqual(canvas.lines.map((line) => line.map(Math.round)), [[28, 28, 28, 28], [28, 28, 56, 28], [56, 28, 63, 28]]);
  assert.deepEqual(told, [false, true]);
});

test("an event that stands for none but itself draws", () => {
  const { canvas } = opened();
  canvas.pointer("pointerdown", ...at(28, 28));
  canvas.pointer("pointermove", ...at(56, 28), { getCoalescedEvents: () => [] });
  assert.deepEqual(canvas.lines.map((line) => line.map(Math.round)), [[28, 28, 28, 28], [28, 28, 56, 28]]);
});

test("a palm beside the pen draws nothing and ends nothing", () => {
  const { canvas, told } = opened();
  const palm = { pointerId: 9, pointerType: "touch" };
  canvas.pointer("pointerdown", ...at(28, 28));
  canvas.pointer("pointerdown", ...at(200, 200), palm);
  canvas.pointer("pointermove", ...at(210, 200), palm);
  canvas.pointer("pointerup", ...at(210, 200), palm);
  canvas.pointer("pointermove", ...at(56, 28));
  canvas.pointer("pointerup", ...at(56, 28));
  assert.deepEqual(canvas.lines.map((line) => line.map(Math.round)), [[28, 28, 28, 28], [28, 28, 56, 28]]);
  assert.deepEqual(told, [false, true]);
});

test("a stroke ends where its pointer is lost or comes back with nothing pressed", () => {
  for (const [name, properties] of [["lostpointercapture", {}], ["pointermove", { buttons: 0 }]] as const) {
    const { canvas, told } = opened();
    canvas.pointer("pointerdown", ...at(28, 28));
    canvas.pointer(name, ...at(100, 100), properties);
    canvas.pointer("pointermove", ...at(150, 150));
    assert.deepEqual([canvas.lines.length, told], [1, [true]]);
  }
});
