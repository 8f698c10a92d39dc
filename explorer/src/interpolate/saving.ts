import type { Engine } from "../engine/engine";
import type { Manifest } from "../model/manifest";
import { element } from "../page/dom";
import { download, downloadCanvas, drawSharp, tooLarge } from "../page/download";
import { ImageCanvas } from "../page/image";
import { csvOfPins } from "../tray/sheet";
import type { FilmWriter } from "../options";
import { BATCH } from "./frameDecoder";
import { flat } from "./paths";
import type { Plan } from "./plan";
import type { Service, Step } from "./service";
import type { TakeAwayWish } from "./takeAway";

/** Pixels along a side of a canvas: browsers allow no more. How many there may be in all differs: it is tried. */
const LONGEST_SIDE = 32_000;

export interface Saving extends Omit<TakeAwayWish, "frames"> {
  readonly plan: Plan;
  readonly repeat: string;
  readonly speed: number;
  readonly manifest: Manifest;
  readonly service: Service | null;
  readonly films: FilmWriter | null;
  engine(): Promise<Engine>;
  onStep(step: Step): void;
  readonly abort: AbortSignal;
}

/** Hands the frames over in the wanted format; what is to be said of them beside that. */
export async function saveFrames(saving: Saving): Promise<string> {
  const { format, plan, manifest, service, films, repeat, speed, side, onStep, abort } = saving;
  const what = plan.rows > 1 ? "grid" : "path";
  const name = `${manifest.name} ${what}.${format}`;
  if (format === "csv") {
    const rows = plan.latents.map((latent, frame) => ({ name: `frame ${frame + 1}`, latent }));
    download(new Blob([csvOfPins(rows)], { type: "text/csv" }), name);
  } else if (format === "png") {
    const { canvas, factor } = canvasFor(plan, manifest.model.image_size, side);
    await fill(canvas, factor, saving);
    await downloadCanvas(canvas, name);
    const drawn = factor * manifest.model.image_size;
    return drawn === side ? "" : `Each image has ${drawn} pixels a side.`;
  } else if (service) {
    download(await service.film({ latents: plan.latents, format, side, framesPerSecond: speed, repeat }, onStep, abort), name);
  } else if (films) {
    const images: Float32Array[] = [];
    for await (const image of decoded(saving)) images.push(image);
    const { image_size: size, channels } = manifest.model;
    const film = await films.write({ images, size, channels }, { format, side, framesPerSecond: speed, repeat }, (done, total) => onStep({ stage: "film", done, total }), abort);
    download(film, name);
  }
  return "";
}

/** The last pixel of a canvas that is larger than the browser allows stays empty. */
function holds(canvas: HTMLCanvasElement): boolean {
  const context = canvas.getContext("2d");
  context?.fillRect(canvas.width - 1, canvas.height - 1, 1, 1);
  return context !== null && context.getImageData(canvas.width - 1, canvas.height - 1, 1, 1).data[3] !== 0;
}

/** A canvas for all frames, each pixel of an image a square of `factor`: as near to the wanted side as the browser allows. */
export function canvasFor({ columns, rows }: Pick<Plan, "columns" | "rows">, size: number, side: number): { readonly canvas: HTMLCanvasElement; readonly factor: number } {
  const canvas = element("canvas");
  const most = Math.floor(LONGEST_SIDE / (Math.max(columns, rows) * size));
  for (let factor = Math.max(1, Math.min(most, Math.round(side / size))); factor >= 1; factor = Math.floor(factor / 2)) {
    Object.assign(canvas, { width: columns * size * factor, height: rows * size * factor });
    if (holds(canvas)) return { canvas, factor };
  }
  throw tooLarge(columns * size, rows * size);
}

/** Draws all frames beside each other. */
async function fill(canvas: HTMLCanvasElement, factor: number, saving: Saving): Promise<void> {
  const { columns } = saving.plan;
  const { image_size, channels } = saving.manifest.model;
  const tile = image_size * factor;
  const context = canvas.getContext("2d")!;
  const one = new ImageCanvas(image_size, channels, "", "");
  let at = 0;
  for await (const image of decoded(saving)) {
    one.show(image);
    drawSharp(context, one.canvas, (at % columns) * tile, Math.floor(at / columns) * tile, factor);
    at++;
  }
}

/** The images of all frames, in order. */
async function* decoded({ plan, engine, onStep, abort }: Saving): AsyncGenerator<Float32Array> {
  const count = plan.latents.length;
  const decoder = await engine();
  for (let first = 0; first < count; first += BATCH) {
    abort.throwIfAborted();
    const latents = plan.latents.slice(first, first + BATCH);
    const images = await decoder.decode(flat(latents));
    const size = images.length / latents.length;
    for (const index of latents.keys()) yield images.subarray(index * size, (index + 1) * size);
    onStep({ stage: `Drawing ${Math.min(count, first + BATCH)} of ${count}`, done: first + BATCH, total: count });
  }
}
