import { standardNormal } from "../base/random";
import type { OpenModel } from "./openModel";

/** N(0, I), which training assumed, or what was fitted to the data's encodings. */
export type PriorName = "standard" | "fitted";

/** A random latent of a prior; of N(0, I) where no other was fitted. */
export async function drawnFrom(model: OpenModel, name: PriorName): Promise<Float32Array> {
  const prior = name === "fitted" ? await model.prior() : null;
  if (prior) return prior.sample(Math.random, standardNormal);
  return Float32Array.from({ length: model.manifest.model.latent_dim }, standardNormal);
}
