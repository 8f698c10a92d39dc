import type { Manifest } from "./manifest";

/** How a latent dimension is called, to those who hear it too, and what is known of it. */
export interface DimensionWords {
  readonly symbol: string;
  /** The factor of the data that it holds, set off from its number; empty where it holds none. */
  readonly suffix: string;
  readonly spoken: string;
  readonly explained: string;
}

export function dimensionWords({ kl_per_dimension, factors }: Manifest["latent"], dimension: number): DimensionWords {
  const number = dimension + 1;
  const held = factors?.[dimension] ?? null;
  const kl = kl_per_dimension?.[dimension];
  const says = kl === undefined ? "How much it says of an image is not known: nobody tells the posteriors" : `KL ${kl.toFixed(2)} nats: how much this dimension says of an image`;
  return {
    symbol: `z${String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]!)}`,
    suffix: held ? ` · ${held.name}` : "",
    spoken: `Latent dimension ${number}${held ? `, ${held.name}` : ""}`,
    explained: held ? `Tells ${Math.round(100 * held.share)} % of ${held.name}. ${says}` : says,
  };
}
