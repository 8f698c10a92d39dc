import { fetchJson } from "../model/files";
import { absoluteUrl } from "../options";
import { element } from "../page/dom";
import { ImageCanvas } from "../page/image";
import type { ComparedMap, Shown } from "./comparedMap";
import type { CompareOptions } from "./options";
import type { SameImages } from "./sameImages";

const COUNT = 8;

/** Test images as the server hands them out: bytes (count, channels, size, size) in base64. */
export interface HandedOut {
  readonly numbers: readonly number[];
  readonly labels: readonly string[];
  readonly pixels: string;
}

/** Images to be put through models: each with its name, and how a model comes by its latent. */
interface Chosen {
  readonly names: readonly string[];
  /** In words, where they are from. */
  readonly origin: string;
  original(at: number): Promise<Float32Array | HTMLCanvasElement>;
  latent(of: ComparedMap, at: number): Promise<Float32Array | null>;
}

/** The same eight images through every model that has learned their kind: themselves, and each one's reconstruction. */
export class TestImages {
  readonly root = element("section", { class: "test-images", "aria-label": "The same images through each model" });

  constructor(
    private readonly options: CompareOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** Shows a table for each data set among the models. */
  open(maps: readonly ComparedMap[], same: SameImages): void {
    const there = maps.filter(({ shown }) => shown);
    const sets = new Map<string, ComparedMap[]>();
    for (const map of there) {
      const { fingerprint, split } = map.shown!.manifest.data;
      sets.set(`${fingerprint}/${split}`, [...(sets.get(`${fingerprint}/${split}`) ?? []), map]);
    }
    this.root.replaceChildren();
    for (const group of sets.values()) void this.show(group, maps, same);
  }

  private async show(group: readonly ComparedMap[], maps: readonly ComparedMap[], same: SameImages): Promise<void> {
    const [first] = group as [ComparedMap];
    const place = element("div", { class: "set", "aria-busy": "true" }, element("p", { class: "muted" }, "The test images are being fetched …"));
    this.root.append(place);
    const chosen = (await this.handedOut(first).catch(() => null)) ?? fromMaps(group, maps, same);
    if (this.signal.aborted) return;
    const heading = element("h3", {}, group.length > 1 ? "The same eight images through each" : `Eight images through ${first.letter}`);
    place.replaceChildren(heading, element("p", { class: "muted" }, chosen.origin));
    place.append(await originals(chosen, first.shown!));
    for (const map of group) place.append(this.row(map, chosen));
    place.removeAttribute("aria-busy");
  }

  /** The data set's own test images, as the model's server has them; null where it hands none out. */
  private async handedOut(map: ComparedMap): Promise<Chosen | null> {
    if (!this.options.testImages) return null;
    const { channels, image_size } = map.shown!.manifest.model;
    const handed = (await fetchJson(new URL("test-images", absoluteUrl(map.about.modelUrl)).href, this.signal)) as HandedOut;
    const images = imagesOf(handed.pixels, channels * image_size * image_size);
    return {
      names: handed.numbers.map((number, at) => `test image ${number + 1}${handed.labels[at] && ` (${handed.labels[at]})`}`),
      origin: "Images of the test split, which training never sees.",
      original: (at) => Promise.resolve(images[at]!),
      latent: async ({ shown }, at) => (shown!.manifest.files.encoder ? (await shown!.engine.encode(images[at]!)).mean : null),
    };
  }

  /** One model's reconstructions, which appear as they are decoded, with their error where the originals are whole. */
  private row(map: ComparedMap, chosen: Chosen): HTMLElement {
    const { engine, manifest } = map.shown!;
    const { image_size, channels } = manifest.model;
    const canvases = chosen.names.map((name) => new ImageCanvas(image_size, channels, "awaited", `${map.letter}: reconstruction of ${name}`));
    const figure = element("span", { class: "muted" });
    const decode = async (canvas: ImageCanvas, at: number): Promise<number | null> => {
      const latent = await chosen.latent(map, at);
      if (!latent) return null;
      const [image, original] = await Promise.all([engine.decode(latent), chosen.original(at)]);
      canvas.show(image);
      canvas.canvas.classList.remove("awaited");
      return original instanceof Float32Array ? meanSquare(image, original) : null;
    };
    const decoded = Promise.all(canvases.map(decode));
    void decoded.then(
      (errors) => {
        const known = errors.filter((error) => error !== null);
        if (known.length > 0) figure.textContent = `error ${(known.reduce((sum, error) => sum + error, 0) / known.length).toPrecision(2)}`;
        else if (!manifest.files.encoder) figure.textContent = "came without an encoder";
        figure.title = "Mean square error a pixel over these images, pixels from 0 to 1";
      },
      () => (figure.textContent = "could not be decoded"),
    );
    const label = element("p", {}, element("span", { class: "letter" }, map.letter), element("span", { class: "title" }, map.about.title), figure);
    return strip(label, canvases.map(({ canvas }) => canvas));
  }
}

async function originals(chosen: Chosen, { manifest }: Shown): Promise<HTMLElement> {
  const { image_size, channels } = manifest.model;
  const canvases = await Promise.all(
    chosen.names.map(async (name, at) => {
      const original = await chosen.original(at);
      if (!(original instanceof Float32Array)) return original;
      const canvas = new ImageCanvas(image_size, channels, "", name);
      canvas.show(original);
      return canvas.canvas;
    }),
  );
  return strip(element("p", {}, element("strong", {}, "Originals")), canvases);
}

const strip = (label: HTMLElement, canvases: readonly HTMLCanvasElement[]): HTMLElement =>
  element("div", { class: "strip" }, label, element("ul", {}, ...canvases.map((canvas) => element("li", {}, canvas))));

/** Images of the maps, of as many classes as there are, where no test images can be had: each model's own latents of them. */
function fromMaps(group: readonly ComparedMap[], maps: readonly ComparedMap[], same: SameImages): Chosen {
  const [first] = group as [ComparedMap];
  const { data, look, thumbnails } = first.shown!;
  const from = maps.indexOf(first);
  const known = (point: number): boolean => group.every((map) => same.pointOn(maps.indexOf(map), from, point) !== null);
  const points = ofEveryClass(data.labels, known);
  return {
    names: points.map((point) => `image ${(same.placeOf(from, point) ?? point) + 1}${look.className(point) && ` (${look.className(point)})`}`),
    origin: points.length > 0 ? "Training images from the maps: no test images of these data can be had here." : "Which images these maps show is not known to all of them: draw them anew on the Models page.",
    original: async (at) => {
      const canvas = element("canvas", { class: "crisp", role: "img", "aria-label": `Image ${(same.placeOf(from, points[at]!) ?? points[at]!) + 1}` });
      await thumbnails.draw(points[at]!, canvas);
      return canvas;
    },
    latent: (map, at) => Promise.resolve(map.shown!.data.halves.row(same.pointOn(maps.indexOf(map), from, points[at]!)!)),
  };
}

/** The first points of each class in turn, at most eight. */
export function ofEveryClass(labels: ArrayLike<number>, wanted: (point: number) => boolean): number[] {
  const byClass = new Map<number, number[]>();
  for (let point = 0; point < labels.length; point++) {
    const own = byClass.get(labels[point]!) ?? [];
    if (own.length < COUNT && wanted(point)) byClass.set(labels[point]!, [...own, point]);
  }
  const turns = [...byClass].sort(([a], [b]) => a - b).map(([, points]) => points);
  const chosen: number[] = [];
  for (let round = 0; round < COUNT; round++) chosen.push(...turns.flatMap((points) => points.slice(round, round + 1)));
  return chosen.slice(0, COUNT);
}

/** Bytes in base64 as images in [0, 1]. */
export function imagesOf(base64: string, length: number): Float32Array[] {
  const bytes = atob(base64);
  return Array.from({ length: Math.floor(bytes.length / length) }, (_, image) =>
    Float32Array.from({ length }, (_, at) => bytes.charCodeAt(image * length + at) / 255),
  );
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + (value - b[at]!) ** 2, 0) / a.length;
}
