import { wholeNumber } from "../page/dom";
import type { Manifest } from "./manifest";

/** What the points of a map are called: one of them, many, all, and the shelf that they lie on. */
interface PointWords {
  readonly one: string;
  readonly an: string;
  readonly many: string;
  readonly all: string;
  readonly any: string;
  /** What the decoder's image of a point's latent is of it. */
  readonly made: string;
  readonly nearest: string;
  readonly together: string;
}

const IMAGES: PointWords = {
  one: "image",
  an: "an image",
  many: "images",
  all: "the data",
  any: "any data",
  made: "reconstructed",
  nearest: "Nearest real images",
  together: "Data",
};
const DECODED: Readonly<Record<"draws" | "latents", PointWords>> = {
  draws: {
    one: "draw",
    an: "a draw",
    many: "draws of the prior",
    all: "the draws",
    any: "any draw",
    made: "decoded",
    nearest: "Nearest draws",
    together: "Draws",
  },
  latents: {
    one: "latent",
    an: "a latent",
    many: "latents",
    all: "the latents",
    any: "any latent",
    made: "decoded",
    nearest: "Nearest latents",
    together: "Latents",
  },
};

/** Where nobody has handed in images, what is shown is only decoded, and nothing can be said of an original. */
export const pointWords = ({ data }: Manifest): PointWords => (data.decoded ? DECODED[data.decoded] : IMAGES);

/** A point by its number, counted from 1. */
export const pointName = (manifest: Manifest, point: number): string => `${pointWords(manifest).one} ${wholeNumber(point + 1)}`;

/** Whether anybody has told how far the posteriors of the points spread, without which neither KL nor draw means anything. */
export const tellsPosteriors = ({ files }: Manifest): boolean => files.kl !== undefined;

/** Whether the encoder is known to tell a mean alone: images were encoded, and no posterior is told for all that. */
export const tellsMeanAlone = (manifest: Manifest): boolean => !manifest.data.decoded && !tellsPosteriors(manifest);
