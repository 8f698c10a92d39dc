// Answers, for tests that compare with Python, what the model's map says of the queries in a folder, and where the
// points' small pictures are among the sheets:
//   node latentMapAnswers.mjs FOLDER…
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HalfMatrix } from "../src/model/halfFloat";
import { placesOnSheets } from "../src/model/thumbnails";
import { Neighbourhoods } from "../src/plane/neighbourhoods";

function read(folder: string, name: string): ArrayBuffer {
  return Uint8Array.from(readFileSync(join(folder, name))).buffer;
}

const ROOM = 1024;

function answer(folder: string): void {
  const points = new Float32Array(read(folder, "points.f32"));
  const bits = new Uint16Array(read(folder, "latents.f16"));
  const columns = (2 * bits.length) / points.length;
  const latents = new HalfMatrix(bits, columns).floats();
  const fitted = new HalfMatrix(new Uint16Array(read(folder, "fitted.f16")), columns).floats();
  const map = new Neighbourhoods(points, latents, fitted);
  writeFileSync(join(folder, "found_latents.f32"), map.latentsAt(new Float32Array(read(folder, "asked_positions.f32"))));
  writeFileSync(join(folder, "places.u32"), placesOnSheets(points, ROOM));
  writeFileSync(join(folder, "found_positions.f32"), map.positionsOf(new Float32Array(read(folder, "asked_latents.f32"))));
}

process.argv.slice(2).forEach(answer);
