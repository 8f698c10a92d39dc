import type { Engine } from "../engine/engine";
import type { Manifest } from "../model/manifest";
import { element } from "../page/dom";
import { download, downloadCanvas, enlarged } from "../page/download";
import { ImageCanvas } from "../page/image";
import { csvOfPins } from "../tray/sheet";
import { BATCH } from "./frameDecoder";
import { flat } from "./paths";
import type { Plan } from "./plan";
import type { Service, Step } from "./service";
import type { TakeAwayWish } from "./takeAway";

/** Pixels that a canvas may have in all: browsers allow no more. */
const MOST_PIXELS = 2 ** 27;

export interface Saving extends Omit<TakeAwayWish, "frames"> {
  readonly plan: Plan;
  readonly repeat: string;
  readonly speed: number;
  readonly manifest: Manifest;
  readonly service: Service | null;
  engine(): Promise<Engine>;
  onStep(step: Step): void;
  readonly abort: AbortSignal;
}

/** Hands the frames over in the wanted format. */
export async function saveFrames(saving: Saving): Promise<void> {
  const { format, plan, manifest, service, repeat, speed, side, onStep, abort } = saving;
  const what = plan.rows > 1 ? "grid" : "path";
  const name = `${manifest.name} ${what}.${format}`;
  if (format === "csv") {
    const rows = plan.latents.map((latent, frame) => ({ name: `frame ${frame + 1}`, latent }));
    download(new Blob([csvOfPins(rows)], { type: "text/csv" }), name);
  } else if (format === "png") {
    await downloadCanvas(await picture(saving), name);
  } else if (service) {
    download(await service.film({ latents: plan.latents, format, side, framesPerSecond: speed, repeat }, onStep, abort), name);
  }
}

/** All frames beside each other, each `side` pixels as far as a canvas can hold them. */
async function picture({ plan, manifest, side, engine, onStep, abort }: Saving): Promise<HTMLCanvasElement> {
  const { image_size, channels } = manifest.model;
  const count = plan.latents.length;
  const tile = Math.max(image_size, Math.min(side, Math.floor(Math.sqrt(MOST_PIXELS / count)), Math.floor(32_000 / plan.columns)));
  const canvas = element("canvas", { width: plan.columns * tile, height: plan.rows * tile });
  const context = canvas.getContext("2d")!;
  context.imageSmoothingEnabled = false;
  const one = new ImageCanvas(image_size, channels, "", "");
  const decoder = await engine();
  for (let first = 0; first < count; first += BATCH) {
    abort.throwIfAborted();
    const latents = plan.latents.slice(first, first + BATCH);
    const images = await decoder.decode(flat(latents));
    const size = images.length / latents.length;
    latents.forEach((_, index) => {
      one.show(images.subarray(index * size, (index + 1) * size));
      const at = first + index;
      context.drawImage(enlarged(one.canvas, tile), (at % plan.columns) * tile, Math.floor(at / plan.columns) * tile, tile, tile);
    });
    onStep({ stage: `Drawing ${Math.min(count, first + BATCH)} of ${count}`, done: first + BATCH, total: count });
  }
  return canvas;
}
