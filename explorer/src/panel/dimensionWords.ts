import type { Manifest } from "../model/manifest";

/** How a latent dimension is called beside its slider, to those who hear it, and what is known of it. */
export interface DimensionWords {
  readonly symbol: string;
  /** The factor of the data that it holds; empty where it holds none. */
  readonly factor: string;
  readonly spoken: string;
  readonly explained: string;
}

export function dimensionWords({ kl_per_dimension, factors }: Manifest["latent"], dimension: number): DimensionWords {
  const number = dimension + 1;
  const held = factors?.[dimension] ?? null;
  const says = `KL ${kl_per_dimension[dimension]!.toFixed(2)} nats: how much this dimension says of an image`;
  return {
    symbol: `z${String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]!)}`,
    factor: held?.name ?? "",
    spoken: `Latent dimension ${number}${held ? `, ${held.name}` : ""}`,
    explained: held ? `Tells ${Math.round(100 * held.share)} % of ${held.name}. ${says}` : says,
  };
}
