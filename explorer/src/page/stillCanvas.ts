import { sizeCanvas } from "./pixelRatio";

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/**
 * A canvas that is painted as a whole and then stays. One that can be drawn on is copied for every frame of the page
 * where there is no graphics card, some milliseconds for a map; a picture that has been handed over is taken once.
 */
export class StillCanvas {
  /** Where the picture is painted before it is handed over; null where the browser has no such place. */
  private readonly easel: OffscreenCanvas | null;
  private readonly frame: ImageBitmapRenderingContext | null = null;
  private readonly pen: Pen;

  constructor(readonly canvas: HTMLCanvasElement) {
    const easel = typeof OffscreenCanvas === "undefined" ? null : new OffscreenCanvas(1, 1);
    // Safari had it without this pen at first.
    const pen = easel?.getContext("2d");
    this.easel = pen ? easel : null;
    if (pen) this.frame = canvas.getContext("bitmaprenderer");
    const own = pen ?? canvas.getContext("2d");
    if (!own) throw new Error("This browser cannot draw on a canvas.");
    this.pen = own;
  }

  /** An empty picture for a box of CSS pixels: what is painted on it shows with `show`. */
  begin(width: number, height: number, density: number): Pen {
    const { canvas, easel, pen } = this;
    sizeCanvas(canvas, width, height, density);
    if (easel && (easel.width !== canvas.width || easel.height !== canvas.height)) Object.assign(easel, { width: canvas.width, height: canvas.height });
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    return pen;
  }

  show(): void {
    if (this.easel) this.frame?.transferFromImageBitmap(this.easel.transferToImageBitmap());
  }
}
