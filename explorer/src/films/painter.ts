import { drawSharp } from "../page/download";
import { element } from "../page/dom";
import { toPixels } from "../page/image";

/** Draws a film's images at the film's own size: enlarged by repeating pixels, so that they stay crisp; reduced smoothly. */
export class Painter {
  readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly small: HTMLCanvasElement;
  private readonly pixels: ImageData;

  constructor(
    private readonly size: number,
    private readonly channels: number,
    private readonly side: number,
  ) {
    this.canvas = element("canvas", { width: side, height: side });
    this.small = element("canvas", { width: size, height: size });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true })!;
    this.context.imageSmoothingQuality = "high";
    this.pixels = new ImageData(size, size);
  }

  /** The image's own pixels, RGBA; the next one overwrites them. */
  read(image: Float32Array): Uint8ClampedArray {
    toPixels(image, this.channels, this.pixels.data);
    return this.pixels.data;
  }

  draw(image: Float32Array): void {
    this.read(image);
    this.small.getContext("2d")!.putImageData(this.pixels, 0, 0);
    if (this.side >= this.size) drawSharp(this.context, this.small, 0, 0, this.side / this.size);
    else this.context.drawImage(this.small, 0, 0, this.side, this.side);
  }

  /** What has been drawn, RGBA. */
  drawn(): Uint8ClampedArray {
    return this.context.getImageData(0, 0, this.side, this.side).data;
  }
}
