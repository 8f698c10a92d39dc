import { fetchJson } from "../model/files";
import type { Manifest } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import { absoluteUrl } from "../options";
import { element } from "../page/dom";
import { ImageCanvas } from "../page/image";
import { type Company, dataOf } from "./company";
import type { ComparedMap } from "./comparedMap";
import { nameOf } from "./naming";
import type { CompareOptions, HandedOut } from "./options";
import { imageName, throughWords } from "./words";

const COUNT = 8;

/** Images to be put through models: each with its name, and how a model comes by its latent. */
interface Chosen {
  readonly names: readonly string[];
  /** In words, where they are from. */
  readonly origin: string;
  /** A canvas with the image. */
  original(at: number): Promise<HTMLCanvasElement>;
  /** The image itself; null where there is no more of it than a small picture. */
  whole(at: number): Float32Array | null;
  latent(of: ComparedMap, at: number): Promise<Float32Array | null>;
}

/** The same few images through every model that has learned their kind: themselves, and each one's reconstruction. */
export class TestImages {
  readonly root = element("section", { class: "test-images", "aria-label": "The same images through each model" });

  constructor(
    private readonly company: Company,
    private readonly options: CompareOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** Shows a table for each data set among the models; binarised images are others than grey ones. */
  open(): void {
    const sets = new Map<string, ComparedMap[]>();
    for (const map of this.company.maps) {
      if (!map.shown) continue;
      const { manifest } = map.shown;
      const data = `${dataOf(manifest)}/${manifest.data.binarised}`;
      sets.set(data, [...(sets.get(data) ?? []), map]);
    }
    this.root.replaceChildren();
    for (const group of sets.values()) void this.show(group);
  }

  private async show(group: readonly ComparedMap[]): Promise<void> {
    const [first] = group as [ComparedMap];
    const place = element("div", { class: "set", "aria-busy": "true" }, element("p", { class: "muted" }, "The test images are being fetched …"));
    this.root.append(place);
    const chosen = (await this.handedOut(first).catch(() => null)) ?? fromMaps(group, this.company);
    if (this.signal.aborted) return;
    const heading = element("h3", {}, throughWords(chosen.names.length, group.map(({ letter }) => letter)));
    place.replaceChildren(heading, element("p", { class: "muted" }, chosen.origin));
    if (chosen.names.length > 0) place.append(await originals(chosen).catch(lost), ...group.map((map) => this.row(map, chosen)));
    place.removeAttribute("aria-busy");
  }

  /** The data set's own test images, as the model's server has them; null where it hands none out. */
  private async handedOut(map: ComparedMap): Promise<Chosen | null> {
    if (!this.options.testImages) return null;
    const { channels, image_size } = map.shown!.manifest.model;
    const handed = (await fetchJson(new URL("test-images", absoluteUrl(map.about.modelUrl)).href, this.signal)) as HandedOut;
    const images = imagesOf(handed.pixels, channels * image_size * image_size);
    const names = handed.numbers.map((place, at) => `test ${imageName({ place, className: handed.labels[at] ?? "" })}`);
    return {
      names,
      origin: "Images of the test split, which training never sees.",
      original: (at) => Promise.resolve(painted(images[at]!, image_size, channels, names[at]!)),
      whole: (at) => images[at]!,
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
      const [image, original] = await Promise.all([engine.decode(latent), chosen.whole(at)]);
      canvas.show(image);
      canvas.canvas.classList.remove("awaited");
      return original && meanSquare(image, original);
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
    const label = element("p", {}, ...nameOf(map.letter, map.about.title), figure);
    return strip(label, canvases.map(({ canvas }) => canvas));
  }
}

async function originals(chosen: Chosen): Promise<HTMLElement> {
  return strip(element("p", {}, element("strong", {}, "Originals")), await Promise.all(chosen.names.map((_, at) => chosen.original(at))));
}

/** In place of pictures that cannot be fetched: the reconstructions need none of them. */
const lost = (): HTMLElement => element("p", { class: "muted" }, "The originals could not be loaded.");

function painted(image: Float32Array, size: number, channels: number, name: string): HTMLCanvasElement {
  const made = new ImageCanvas(size, channels, "", name);
  made.show(image);
  return made.canvas;
}

const strip = (label: HTMLElement, canvases: readonly HTMLCanvasElement[]): HTMLElement =>
  element("div", { class: "strip" }, label, element("ul", {}, ...canvases.map((canvas) => element("li", {}, canvas))));

/** What is said of the images of maps, or of there being none. */
function originOf(some: boolean, manifest: Manifest): string {
  if (manifest.data.decoded) return `The map shows ${pointWords(manifest).many}, decoded: there are no images to put through the model.`;
  return some ? "Training images from the maps: no test images of these data can be had here." : "Which images these maps show is not known to all of them: draw them anew on the Models page.";
}

/** Images of the maps, of as many classes as there are, where no test images can be had: each model's own latents of them. */
function fromMaps(group: readonly ComparedMap[], company: Company): Chosen {
  const [first] = group as [ComparedMap];
  const { data, manifest, thumbnails } = first.shown!;
  const known = (point: number): boolean => group.every((map) => company.pointOn(map, first, point) !== null);
  const points = manifest.data.decoded ? [] : ofEveryClass(data.labels, known);
  const names = points.map((point) => imageName(company.named(first, point)));
  return {
    names,
    origin: originOf(points.length > 0, manifest),
    original: async (at) => {
      const canvas = element("canvas", { class: "crisp", role: "img", "aria-label": names[at]! });
      await thumbnails.draw(points[at]!, canvas);
      return canvas;
    },
    whole: () => null,
    latent: (map, at) => Promise.resolve(map.shown!.data.halves.row(company.pointOn(map, first, points[at]!)!)),
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
