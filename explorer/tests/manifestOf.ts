import { readFileSync } from "node:fs";
import { type Manifest, parseManifest } from "../src/model/manifest";

const shipped = readFileSync("../checkpoints/digits-2d/explorer/manifest.json", "utf8");

/** A shipped model's manifest (1,438 points, 10 classes) with other latent dimensions, another decoder or another map. */
export function manifestOf({ dimensions, decoder = "00c0ffee", points = "0ddba115" }: { dimensions: number; decoder?: string; points?: string }): Manifest {
  const manifest = parseManifest(JSON.parse(shipped));
  const { model, files } = manifest;
  return {
    ...manifest,
    model: { ...model, latent_dim: dimensions },
    files: { ...files, decoder: { ...files.decoder, path: `decoder.${decoder}0123.onnx` }, points: { ...files.points, path: `points.${points}4567.f32` } },
  };
}
