import { wholeNumber } from "../page/dom";

/** Where the hand is, as far as it is to be said. */
export interface Stand {
  /** The letter of the map that the hand was on last. */
  readonly letter: string;
  /** Whether it is exactly on an image. */
  readonly onImage: boolean;
  /** No data are near it on that map. */
  readonly far: boolean;
  /** The image that it is on, or that is nearest to it on the map; null where there is none. */
  readonly image: NamedImage | null;
  /** The letters of the models that follow, and of those that do not, each with the reason. */
  readonly following: readonly string[];
  readonly apart: readonly { readonly letter: string; readonly why: Apart }[];
}

export interface NamedImage {
  /** The image's place in its data set, counted from 0; null where the map does not say. */
  readonly place: number | null;
  readonly className: string;
  /** Where it is no image of anybody's: what it was decoded from. */
  readonly decoded?: string;
}

/** Why a model does not follow: it has learned other images, its map (or the hand's) does not say which it shows, or does not show this one. */
export type Apart = "other data" | "unnamed" | "not shown";

export const listed = (letters: readonly string[]): string =>
  letters.length < 2 ? letters.join("") : `${letters.slice(0, -1).join(", ")} and ${letters.at(-1)}`;

export function imageName({ place, className, decoded }: NamedImage): string {
  const number = place === null ? "" : ` ${wholeNumber(place + 1)}`;
  return `${decoded ?? "image"}${number}${className && ` (${className})`}`;
}

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];

/** What is put through the models of some letters: so many images. */
export function throughWords(count: number, letters: readonly string[]): string {
  const images = `${NUMBERS[count] ?? wholeNumber(count)} image${count === 1 ? "" : "s"} through`;
  if (letters.length > 1 && count > 0) return `The same ${count === 1 ? images.slice(4) : images} each`;
  return `${images.charAt(0).toUpperCase()}${images.slice(1)} ${listed(letters)}`;
}

/** How many images were gathered on the map of a letter, and how many of them each other map lights, by its letter. */
export function gatheredWords(letter: string, found: Readonly<Record<string, number>>): string {
  const count = found[letter]!;
  const images = `${wholeNumber(count)} image${count === 1 ? "" : "s"} gathered on ${letter}`;
  const others = Object.entries(found).filter(([other]) => other !== letter);
  if (others.length === 0) return `${images}.`;
  if (others.every(([, own]) => own === count)) return `${images}; the same images are lit on ${listed(others.map(([other]) => other))}.`;
  return `${images}; the same images are lit elsewhere: ${others.map(([other, own]) => `${wholeNumber(own)} of them on ${other}`).join(", ")}.`;
}

/** What each model shows, and why nothing else would be honest: two models have no place in common but images. */
export function standWords({ letter, onImage, far, image, following, apart }: Stand): string {
  const name = image && imageName(image);
  const made = image?.decoded ? "image" : "reconstruction";
  const sentences: string[] = [];
  if (onImage && name) {
    sentences.push(following.length > 0 ? `On ${name}: each model shows its own ${made} of it.` : `On ${name}: ${letter} shows its ${made} of it.`);
  } else {
    sentences.push(`Between ${image?.decoded ?? "image"}s ${letter} decodes the place under the hand.`);
    if (following.length > 0 && name) {
      const one = following.length === 1;
      sentences.push(`No such place is the same in two models: ${listed(following)} ${one ? "shows its" : "show their"} ${made} of the nearest, ${name}.`);
    }
  }
  if (far && !onImage) sentences.push("No data are near, so the nearest image says little.");
  const because = (why: Apart): string[] => apart.filter((other) => other.why === why).map((other) => other.letter);
  const [strangers, unnamed, missing] = [because("other data"), because("unnamed"), because("not shown")];
  if (strangers.length > 0) sentences.push(`${listed(strangers)} learned other images and ${strangers.length === 1 ? "has a probe of its" : "have probes of their"} own.`);
  if (unnamed.length > 0) sentences.push(`Which images ${listed([letter, ...unnamed])} show is not known to all of these maps: draw them anew on the Models page.`);
  if (missing.length > 0) sentences.push(`This image is not on the map of ${listed(missing)}.`);
  return sentences.join(" ");
}
