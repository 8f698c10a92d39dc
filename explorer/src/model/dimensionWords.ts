import { signed } from "../base/signed";
import type { Manifest } from "./manifest";

/** How a latent dimension is called, to those who hear it too, and what is known of it. */
export interface DimensionWords {
  readonly symbol: string;
  /** The factor of the data that it holds, set off from its number; empty where it holds none. */
  readonly suffix: string;
  readonly spoken: string;
  readonly explained: string;
}

/** Below this KL, in nats, a dimension is as the prior has it, whatever the image. */
const NEXT_TO_NOTHING = 0.05;

export function dimensionWords({ kl_per_dimension, active, factors }: Manifest["latent"], dimension: number): DimensionWords {
  const number = dimension + 1;
  const held = factors?.[dimension] ?? null;
  const says = klWords(kl_per_dimension?.[dimension], active[dimension]!);
  return {
    symbol: `z${String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]!)}`,
    suffix: held ? ` · ${held.name}` : "",
    spoken: `Latent dimension ${number}${held ? `, ${held.name}` : ""}`,
    explained: held ? `Tells ${Math.round(100 * held.share)} % of ${held.name}. ${says}` : says,
  };
}

function klWords(kl: number | undefined, active: boolean): string {
  if (kl === undefined) return "How much it says of an image is not known: nobody tells the posteriors";
  const cost = `KL ${signed(kl.toFixed(2))} nats`;
  return active || kl < NEXT_TO_NOTHING ? `${cost}: how much this dimension says of an image` : `${cost}, though every image has almost the same value here`;
}

/** Why dimensions that tell no image from another are folded away: left to the prior, or held at another value at a cost. */
export function collapsedWords({ kl_per_dimension, active }: Manifest["latent"]): string {
  const one = active.filter((used) => !used).length === 1;
  const same = `${one ? "It tells" : "These tell"} no image from another: every image has almost the same value here`;
  if (!kl_per_dimension) return `${same}.`;
  const collapsed = kl_per_dimension.filter((_, dimension) => !active[dimension]);
  const unused = collapsed.filter((kl) => kl < NEXT_TO_NOTHING).length;
  if (unused === collapsed.length) {
    const them = one ? "it" : "them";
    return `The model learned not to use ${one ? "it" : "these"}: every image leaves ${them} as the prior has ${them}, so moving ${them} changes next to nothing.`;
  }
  if (unused === 0) return `${same}, and another than the prior has, which costs KL and says nothing.`;
  return `${same}. Where KL is 0, that is as the prior has it, and moving it changes next to nothing.`;
}
