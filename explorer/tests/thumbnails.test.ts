import assert from "node:assert/strict";
import { test } from "node:test";
import type { ThumbnailsEntry } from "../src/model/manifest";
import { Thumbnails } from "../src/model/thumbnails";
import { canvasDocument } from "./canvas";

test("pixels that are read back are kept where the processor reads them", () => {
  const made = canvasDocument();
  new Thumbnails({} as ImageBitmap, { tile: 2, columns: 4 } as ThumbnailsEntry).read(3, 1);
  assert.deepEqual(made[0]!.wish, { willReadFrequently: true });
});
