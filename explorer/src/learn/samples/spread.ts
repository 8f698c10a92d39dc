import { normalDraws } from "../normalDraws";

/** How a gradient's variance is made up, of one sample of one image: which image it is, and which z was drawn. */
export interface Shares {
  readonly images: number;
  readonly noise: number;
}

/** What is paid for: each image with each of its samples alike, or each pass through the encoder and the decoder. */
export type Price = "pairs" | "passes";

/** How many images K samples each leave room for, at the cost of `cost` images with one sample each. */
export const imagesAt = (samples: number, cost: number, price: Price): number => (price === "pairs" ? cost / samples : (2 * cost) / (1 + samples));

/** (V_images + V_noise / K) / B. */
export const spread = ({ images, noise }: Shares, samples: number, batch: number): number => (images + noise / samples) / batch;

/** The parts of that, as multiples of the whole with one sample each at the same cost. */
export function relativeParts(shares: Shares, samples: number, cost: number, price: Price): { readonly images: number; readonly noise: number } {
  const batch = imagesAt(samples, cost, price);
  const one = spread(shares, 1, cost);
  return { images: shares.images / batch / one, noise: shares.noise / samples / batch / one };
}

/** The K at which the whole is least; not a whole number, as a rule. */
export function bestSamples({ images, noise }: Shares, price: Price): number {
  return price === "pairs" || noise <= images ? 1 : Math.sqrt(noise / images);
}

export interface Simulated {
  readonly value: number;
  readonly error: number;
}

/**
 * The same by `repeats` batches of numbers: each image has one of its own, each sample adds its noise, a batch is their
 * mean; the mean of the squares, and its standard error.
 */
export function simulated({ images, noise }: Shares, samples: number, batch: number, repeats: number, seed: number): Simulated {
  const draws = normalDraws(repeats * batch * (1 + samples), seed);
  let at = 0;
  let sum = 0;
  let squares = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    let mean = 0;
    for (let image = 0; image < batch; image++) {
      mean += Math.sqrt(images) * draws[at++]!;
      for (let sample = 0; sample < samples; sample++) mean += (Math.sqrt(noise) * draws[at++]!) / samples;
    }
    const square = (mean / batch) ** 2;
    sum += square;
    squares += square ** 2;
  }
  const value = sum / repeats;
  return { value, error: Math.sqrt((squares / repeats - value ** 2) / repeats) };
}
