// The public door: `explorer.js` of a published site, for pages of one's own.

import { LocalEngine } from "./engine/engine";
import { Failure } from "./base/failure";
import { fetchBytes, fetchJson } from "./model/files";
import { parseManifest } from "./model/manifest";
import { toPixels } from "./page/image";
import { checkPolicy } from "./page/policy";

/** An image of a model. */
export interface Image {
  /** (channels, height, width) in [0, 1]. */
  readonly values: Float32Array;
  /** Channels, height, width. */
  readonly shape: readonly [number, number, number];
  /** For a canvas's `putImageData`. */
  toImageData(): ImageData;
}

/** q(z|x) of an image. */
export interface Encoding {
  readonly mean: Float32Array;
  /** Of the marginals of its dimensions. */
  readonly logVariance: Float32Array;
  /** Of a full covariance L Lᵀ: L, (latentDim, latentDim) row by row. Null for a diagonal one, and from graphs that are older than it. */
  readonly cholesky: Float32Array | null;
}

export interface Model {
  readonly name: string;
  readonly latentDim: number;
  /** Channels, height, width. */
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** The image of a latent. */
  decode(z: ArrayLike<number>): Promise<Image>;
  /** The posterior of an image of the model's own size: one of `decode`, its values, or pixels of a canvas. */
  encode(image: Image | ImageData | ArrayLike<number>): Promise<Encoding>;
}

const ASSETS = new URL("assets/", import.meta.url);

/**
 * Opens a model of a site.
 * @param folder its address, relative to the page: `models/NAME`
 */
export async function open(folder: string | URL): Promise<Model> {
  checkPolicy();
  const base = new URL(folder, document.baseURI);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const { signal } = new AbortController();
  const { name, model, data, files } = parseManifest(await fetchJson(new URL("manifest.json", base).href, signal));
  const shape = [model.channels, model.image_size, model.image_size] as const;
  const url = (file: string): string => new URL(file, base).href;
  const built = (file: string): string => new URL(file, ASSETS).href;
  const ort = { scriptUrl: built(BUILT.ort), wasmUrl: built(BUILT.wasm) };
  const { decoder, encoder } = files;
  const source = { ort, gpu: null, decoderUrl: url(decoder.path), encoderUrl: encoder ? url(encoder.path) : null, latentDim: model.latent_dim, imageShape: shape };
  const engine = new LocalEngine(source, (wanted) => fetchBytes(wanted, { bytes: wanted === source.decoderUrl ? decoder.bytes : encoder!.bytes }));
  await engine.warm();
  return {
    name,
    latentDim: model.latent_dim,
    imageShape: shape,
    classNames: data.class_names,
    async decode(z) {
      return imageOf(await engine.decode(numbers(z, model.latent_dim, "A latent of this model")), shape);
    },
    encode: (image) => engine.encode(valuesOf(image, shape)),
  };
}

function imageOf(values: Float32Array, shape: Image["shape"]): Image {
  const [channels, height, width] = shape;
  const toImageData = (): ImageData => {
    const pixels = new ImageData(width, height);
    toPixels(values, channels, pixels.data);
    return pixels;
  };
  return { values, shape, toImageData };
}

function valuesOf(image: Image | ImageData | ArrayLike<number>, shape: Image["shape"]): Float32Array {
  const [channels, height, width] = shape;
  const what = "An image of this model";
  if ("values" in image && image.values instanceof Float32Array) return numbers(image.values, channels * height * width, what);
  if (!(image instanceof ImageData)) return numbers(image as ArrayLike<number>, channels * height * width, what);
  if (image.width !== width || image.height !== height) {
    throw new Failure(`${what} is ${width} × ${height} pixels.`, `This one is ${image.width} × ${image.height}.`, "Draw it on a canvas of that size first.");
  }
  const values = new Float32Array(channels * height * width);
  const area = height * width;
  for (let pixel = 0; pixel < area; pixel++) {
    const colour = [0, 1, 2].map((channel) => image.data[4 * pixel + channel]! / 255) as [number, number, number];
    if (channels === 1) values[pixel] = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]; // grey by ITU-R BT.601
    else colour.forEach((value, channel) => (values[channel * area + pixel] = value));
  }
  return values;
}

function numbers(given: ArrayLike<number>, count: number, what: string): Float32Array {
  const values = Float32Array.from(given);
  if (values.length === count && values.every(Number.isFinite)) return values;
  throw new Failure(`${what} has ${count} finite numbers.`, `This one has ${values.length}${values.length === count ? ", not all of them finite" : ""}.`, "");
}
