import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Failure } from "../src/base/failure";
import { canvasFor } from "../src/interpolate/saving";
import { download, downloadCanvas, drawSharp } from "../src/page/download";
import { canvasDocument, FakeCanvas } from "./canvas";

beforeEach(() => {
  canvasDocument();
  FakeCanvas.mostPixels = Infinity;
});

const canvas = (width: number, height: number): HTMLCanvasElement => Object.assign(new FakeCanvas(), { width, height }) as unknown as HTMLCanvasElement;

test("a canvas of which the browser makes no file is told of, and not passed over", async () => {
  FakeCanvas.mostPixels = 2 ** 24;
  await assert.rejects(downloadCanvas(canvas(5000, 4000), "path.png"), (error: unknown) => error instanceof Failure && error.message.includes("5000 × 4000"));
});

test("a file is held for as long as Safari takes to read it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const link = { click: () => undefined, href: "", download: "" };
  Object.assign(globalThis, { document: { createElement: () => link } });
  const revoked = mock.method(URL, "revokeObjectURL", () => undefined);
  download(new Blob(["1"]), "a.csv");
  mock.timers.tick(30_000);
  assert.deepEqual([link.download, revoked.mock.callCount()], ["a.csv", 0]);
  mock.timers.tick(30_000);
  assert.equal(revoked.mock.callCount(), 1);
  mock.timers.reset();
  mock.restoreAll();
});

test("every pixel of an image becomes a square of the same size", () => {
  const sheet = new FakeCanvas();
  const context = sheet.getContext("2d") as CanvasRenderingContext2D;
  drawSharp(context, canvas(28, 28), 5, 7, 4);
  assert.deepEqual([sheet.drawn[0]!.slice(1), context.imageSmoothingEnabled], [[5, 7, 112, 112], false]);
  for (const [size, side, factor] of [[28, 128, 5], [48, 128, 3], [140, 128, 1], [8, 1024, 128]] as const) {
    const made = canvasFor({ columns: 3, rows: 2 }, size, side);
    assert.deepEqual([made.factor, made.canvas.width, made.canvas.height], [factor, 3 * size * factor, 2 * size * factor]);
  }
});

test("a picture larger than a telephone allows is made of smaller images, all of them there", () => {
  FakeCanvas.mostPixels = 2 ** 24;
  const { canvas: made, factor } = canvasFor({ columns: 60, rows: 1 }, 28, 1024);
  assert.ok(made.width * made.height <= 2 ** 24 && factor > 1);
  assert.equal(made.width, 60 * 28 * factor);
  FakeCanvas.mostPixels = 1000;
  assert.throws(() => canvasFor({ columns: 60, rows: 1 }, 28, 1024), Failure);
});

test("no side is longer than browsers allow", () => {
  for (const [columns, rows] of [[120, 1], [15, 15]] as const) {
    const { canvas: made } = canvasFor({ columns, rows }, 28, 1024);
    assert.ok(Math.max(made.width, made.height) <= 32_000);
  }
});
