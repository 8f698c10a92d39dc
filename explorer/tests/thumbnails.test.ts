import assert from "node:assert/strict";
import { test } from "node:test";
import type { ThumbnailsEntry } from "../src/model/manifest";
import { placesOnSheets, Thumbnails } from "../src/model/thumbnails";
import { canvasDocument, type FakeCanvas } from "./canvas";

const SHEET = { tile: 2, columns: 2, rows: 2 };
const SHEETS = ["first", "second", "last"].map((path) => ({ ...SHEET, path, bytes: 1 })) satisfies ThumbnailsEntry[];

const bitmap = ({ path }: ThumbnailsEntry): ImageBitmap => ({ path, close: () => undefined }) as unknown as ImageBitmap;

function canvas(): [HTMLCanvasElement, FakeCanvas] {
  const made = canvasDocument();
  const element = document.createElement("canvas");
  return [element, made[0]!];
}

/** From which sheet, and from where on it, a canvas was drawn last. */
function source({ drawn }: FakeCanvas): unknown[] {
  const [sheet, left, top] = drawn.at(-1)!;
  return [(sheet as ThumbnailsEntry).path, left, top];
}

test("pixels that are read back are kept where the processor reads them", async () => {
  const made = canvasDocument();
  await new Thumbnails([{ ...SHEETS[0]!, columns: 4 }], null, async (sheet) => bitmap(sheet)).read(3, 1);
  assert.deepEqual(made[0]!.wish, { willReadFrequently: true });
});

test("a sheet is fetched once, when one of its pictures is wanted, which is there at once from then on", async () => {
  const fetched: string[] = [];
  const thumbnails = new Thumbnails(SHEETS, null, async (sheet) => {
    fetched.push(sheet.path);
    return bitmap(sheet);
  });
  const [element, drawing] = canvas();
  assert.equal(thumbnails.has(7), false);
  await Promise.all([thumbnails.draw(7, element), thumbnails.draw(7, element)]);
  assert.deepEqual(source(drawing), ["second", 2, 2]);
  assert.equal(thumbnails.has(4), true);
  void thumbnails.draw(4, element);
  assert.deepEqual(source(drawing), ["second", 0, 0]);
  assert.deepEqual(fetched, ["second"]);
});

test("a canvas that has come to show another point is left alone by a picture that comes late", async () => {
  const arriving = new Map<string, () => void>();
  const thumbnails = new Thumbnails(SHEETS, null, (sheet) => new Promise((resolve) => arriving.set(sheet.path, () => resolve(bitmap(sheet)))));
  const [element, drawing] = canvas();
  const first = thumbnails.draw(0, element);
  assert.deepEqual([...drawing.classes], ["awaited"]);
  const second = thumbnails.draw(5, element);
  arriving.get("second")!();
  await second;
  assert.deepEqual([...drawing.classes], []);
  arriving.get("first")!();
  await first;
  assert.deepEqual(source(drawing), ["second", 2, 0]);
});

test("a sheet that could not be had is fetched again for whoever asks next", async () => {
  let broken = true;
  const thumbnails = new Thumbnails(SHEETS, null, async (sheet) => {
    if (broken) throw new Error("broken");
    return bitmap(sheet);
  });
  const [element, drawing] = canvas();
  await assert.rejects(thumbnails.draw(9, element), /broken/);
  assert.deepEqual([[...drawing.classes], drawing.drawn], [[], []]);
  broken = false;
  await thumbnails.draw(9, element);
  assert.deepEqual(source(drawing), ["last", 2, 0]);
});

test("sheets hold strips of the map, each from bottom to top, equals in their own order", () => {
  // Nine points of a lattice in sheets of two: five sheets, in two strips of two and three sheets.
  const points = Float32Array.from([2, 2, 0, 0, 1, 1, 0, 2, 2, 0, 1, 0, 0, 1, 2, 1, 1, 2]);
  const places = placesOnSheets(points, 2);
  const order = Array.from({ length: 9 }, (_, place) => places.indexOf(place));
  assert.deepEqual(order, [1, 2, 6, 3, 4, 5, 7, 0, 8]);
  assert.deepEqual([...placesOnSheets(new Float32Array(8), 3)], [0, 1, 2, 3]);
});

test("places among the sheets put them to use", async () => {
  const thumbnails = new Thumbnails(SHEETS, Uint32Array.from([6, 1, 0]), async (sheet) => bitmap(sheet));
  const [element, drawing] = canvas();
  await thumbnails.draw(0, element);
  assert.deepEqual(source(drawing), ["second", 0, 2]);
});
