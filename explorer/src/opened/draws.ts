import { standardNormal } from "../base/random";
import type { Manifest } from "../model/manifest";
import type { OpenModel } from "./openModel";

/** N(0, I), or the prior that knows the data: learned along with the model, or fitted to what it encodes. */
export type PriorName = "standard" | "known";

/** What there is to draw from, each in words: the prior that knows the data, if there is one, first. */
export function priorsOf({ prior, files }: Manifest): readonly { readonly name: PriorName; readonly words: string }[] {
  const known = prior ? "A random draw from the prior that the model has learned" : "A random draw like the data: from the prior that was fitted to them";
  const standard = prior ? "A random draw from N(0, I), which is not this model’s prior" : "A random draw from N(0, I), the prior that training assumed";
  return [...(files.prior ? [{ name: "known" as const, words: known }] : []), { name: "standard", words: standard }];
}

/** A random latent of a prior; of N(0, I) where no other is known. */
export async function drawnFrom(model: OpenModel, name: PriorName): Promise<Float32Array> {
  const prior = name === "known" ? await model.prior() : null;
  if (prior) return prior.sample(Math.random, standardNormal);
  return Float32Array.from({ length: model.manifest.model.latent_dim }, standardNormal);
}
