// Answers, for tests that compare with Python, what a model's prior says of the latents in a folder, as the browser has it:
//   node priorAnswers.mjs FOLDER DIMENSIONS [COUPLINGS UNITS]
// prior.f32 and latents.f32 → densities.f64, and of a flow base.f32 and data.f32: the latents carried either way.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Flow } from "../src/plane/flow";
import { Mixture } from "../src/plane/mixture";

const [folder, dimensions, couplings, units] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [string, number, number?, number?];
const read = (name: string): Float32Array => new Float32Array(Uint8Array.from(readFileSync(join(folder, name))).buffer);
const flow = couplings && units ? new Flow(read("prior.f32"), dimensions, couplings, units) : null;
const prior = flow ?? new Mixture(read("prior.f32"), dimensions);
const asked = read("latents.f32");
const latents = Array.from({ length: asked.length / dimensions }, (_, row) => asked.subarray(row * dimensions, (row + 1) * dimensions));

writeFileSync(join(folder, "densities.f64"), Float64Array.from(latents, (latent) => prior.logDensity(latent)));
if (flow) {
  for (const [name, way] of [["base.f32", (z: Float32Array) => flow.toBase(z)], ["data.f32", (z: Float32Array) => flow.toData(z)]] as const) {
    writeFileSync(join(folder, name), Float32Array.from(latents.flatMap((latent) => [...way(latent)])));
  }
}
