import { Failure } from "../base/failure";
import type { Levels } from "../model/manifest";
import { readDeepPng } from "./deepPng";
import type { Picture } from "./trainingPixels";

/** As many pixels, and as long a side, as every browser's canvas takes: what has more is scaled down while it is read. */
const MOST_PIXELS = 16_000_000;
const LONGEST_SIDE = 16_384;
const LARGEST_FILE = 50 * 2 ** 20;

/** Pixels a side of what is read back for a trial. */
const TRIAL = 16;

/** Against being told apart, some browsers change what pages read from a canvas: the model would be shown the noise. */
export function refuseNoise(): void {
  const context = new OffscreenCanvas(TRIAL, TRIAL).getContext("2d", { willReadFrequently: true })!;
  const put = context.createImageData(TRIAL, TRIAL);
  put.data.forEach((_, index) => (put.data[index] = index % 4 === 3 ? 255 : (37 * index) % 256));
  context.putImageData(put, 0, 0);
  const { data } = context.getImageData(0, 0, TRIAL, TRIAL);
  if (data.every((value, index) => value === put.data[index])) return;
  throw new Failure(
    "The picture cannot be read as it is.",
    "This browser changes the pixels that pages read, so that nobody is told apart by them.",
    "Allow this page to read canvases (in Firefox beside the address, in Brave under Shields), then try again.",
  );
}

/**
 * Reads a picture file into the pixels that it holds, turned upright as its EXIF data say.
 * @param wholeLevels what is black and white among numbers of more than eight bits
 */
export async function readPicture(file: Blob & { readonly name?: string }, wholeLevels: Levels): Promise<Picture> {
  const name = file.name || "The picture";
  if (file.size > LARGEST_FILE) {
    throw new Failure(`${name} is too large.`, `It has ${Math.round(file.size / 2 ** 20)} MB; up to 50 MB can be read.`, "Choose a smaller picture.");
  }
  const deep = await readDeepPng(file, wholeLevels, MOST_PIXELS);
  if (deep) return deep;
  refuseNoise();
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new Failure(`${name} cannot be read.`, "This browser does not know it as a picture.", "Choose a PNG, JPEG, WebP or GIF file.");
  }
  try {
    const { width: wide, height: high } = bitmap;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(wide, high), Math.sqrt(MOST_PIXELS / (wide * high)));
    const width = Math.max(1, Math.floor(wide * scale));
    const height = Math.max(1, Math.floor(high * scale));
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}
