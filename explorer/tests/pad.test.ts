import assert from "node:assert/strict";
import { test } from "node:test";
import { Pad, padColours } from "../src/own/pad";
import type { Manifest } from "../src/model/manifest";
import { Surface } from "./surface";

/** A canvas of 280 × 210 CSS pixels that writes down the lines drawn on it. */
class Canvas extends Surface {
  readonly lines: number[][] = [];
  readonly colours: string[] = [];
  readonly fills: string[] = [];
  readonly context = {
    fillStyle: "",
    strokeStyle: "",
    fillRect: () => this.fills.push(this.context.fillStyle),
    beginPath: () => undefined,
    stroke: () => this.colours.push(this.context.strokeStyle),
    moveTo: (x: number, y: number) => (this.from = [x, y]),
    lineTo: (x: number, y: number) => this.lines.push([...this.from, x, y]),
  };
  private from: number[] = [];

  setAttribute(): void {}

  append(): void {}

  getContext(): object {
    return this.context;
  }
}

function opened(): { canvas: Canvas; pad: Pad; told: boolean[] } {
  const canvas = new Canvas();
  const told: boolean[] = [];
  Object.assign(globalThis, { document: { createElement: () => canvas } });
  const pad = new Pad("white", "black", (ended) => told.push(ended), new AbortController().signal);
  return { canvas, pad, told };
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

test("it begins on the ground of its own, is filled, drawn on in the chosen colour, and wiped", () => {
  const { canvas, pad } = opened();
  canvas.pointer("pointerdown", ...at(28, 28));
  assert.equal(canvas.context.strokeStyle, "black");
  canvas.pointer("pointerup", 0, 0);
  pad.ink = "#336699";
  pad.fill("#ffcc00");
  canvas.pointer("pointerdown", ...at(28, 28));
  assert.equal(canvas.context.strokeStyle, "#336699");
  pad.clear();
  assert.deepEqual(canvas.fills, ["white", "#ffcc00", "white"]);
});

test("the pad has the data's own ground, but for digits, which are turned to it", () => {
  const colours = (framing: Manifest["data"]["framing"], background: number): object =>
    padColours({ data: { framing, background } as Manifest["data"] });
  assert.deepEqual(colours("mass", 1), { ground: "rgb(0, 0, 0)", ink: "#ffffff" });
  assert.deepEqual(colours("crop", 0.96), { ground: "rgb(245, 245, 245)", ink: "#000000" });
  assert.deepEqual(colours("padded", 0.2), { ground: "rgb(51, 51, 51)", ink: "#ffffff" });
});

test("what was drawn is drawn again, and gone on with", () => {
  const { canvas, pad } = opened();
  pad.fill("#ffcc00");
  canvas.pointer("pointerdown", ...at(28, 28));
  canvas.pointer("pointermove", ...at(56.04, 28));
  canvas.pointer("pointermove", ...at(56.3, 28));
  canvas.pointer("pointerup", 0, 0);
  pad.ink = "#336699";
  canvas.pointer("pointerdown", ...at(100, 100));
  canvas.pointer("pointerup", 0, 0);
  const kept: unknown = JSON.parse(JSON.stringify(pad.drawing));
  assert.deepEqual(kept, [["#ffcc00"], ["black", 28, 28, 56, 28], ["#336699", 100, 100]]);
  const again = opened();
  again.pad.redraw(kept);
  assert.deepEqual([again.canvas.lines, again.canvas.colours], [canvas.lines, canvas.colours]);
  assert.deepEqual(again.canvas.fills, ["white", "white", "#ffcc00"]);
  assert.deepEqual(again.told, []);
  again.canvas.pointer("pointerdown", ...at(200, 200));
  assert.deepEqual(again.pad.drawing, [["#ffcc00"], ["black", 28, 28, 56, 28], ["#336699", 100, 100], ["black", 200, 200]]);
  again.pad.clear();
  assert.deepEqual(again.pad.drawing, []);
});

test("what is no drawing leaves the pad as it is", () => {
  const { canvas, pad } = opened();
  for (const made of [undefined, null, "black", [1], [["black", 1]], [["black", 1, "2"]], [[2, 1, 1]], [["black", 1, Infinity]]]) pad.redraw(made);
  assert.deepEqual([canvas.lines, canvas.fills, pad.drawing], [[], ["white"], []]);
});
