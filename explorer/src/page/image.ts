import { element } from "./dom";

/** Copies a decoded image, (channels, size, size) in [0, 1], into RGBA bytes; one channel is grey, three are colour. */
export function toPixels(image: Float32Array, channels: number, pixels: Uint8ClampedArray): void {
  const area = pixels.length / 4;
  const green = channels === 3 ? area : 0;
  const blue = channels === 3 ? 2 * area : 0;
  for (let pixel = 0; pixel < area; pixel++) {
    pixels[4 * pixel] = 255 * image[pixel]!;
    pixels[4 * pixel + 1] = 255 * image[green + pixel]!;
    pixels[4 * pixel + 2] = 255 * image[blue + pixel]!;
    pixels[4 * pixel + 3] = 255;
  }
}

/** Sizes up to this many pixels are shown as crisp squares, larger ones are smoothed. */
export const CRISP = 64;

/** A canvas at the model's own resolution that shows one decoded image; CSS scales it. */
export class ImageCanvas {
  readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly pixels: ImageData;

  constructor(
    size: number,
    private readonly channels: number,
    className: string,
    label: string,
  ) {
    this.canvas = element("canvas", { class: className, width: size, height: size, role: "img", "aria-label": label });
    if (size <= CRISP) this.canvas.classList.add("crisp");
    // Written by the processor every frame: it stays in the processor's memory.
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("This browser cannot draw on a canvas.");
    this.context = context;
    this.pixels = context.createImageData(size, size);
  }

  show(image: Float32Array): void {
    toPixels(image, this.channels, this.pixels.data);
    this.context.putImageData(this.pixels, 0, 0);
  }
}
