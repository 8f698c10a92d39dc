import { Failure } from "../base/failure";

/** Safari takes its time before it reads what it was handed. */
const HELD = 40_000;

/** Hands a file to the person, under a name. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), HELD);
}

export async function downloadCanvas(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const content = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!content) throw tooLarge(canvas.width, canvas.height);
  download(content, name);
}

export function tooLarge(width: number, height: number): Failure {
  return new Failure("The picture could not be made.", `This browser draws none of ${width} × ${height} pixels.`, "Choose fewer or smaller images.");
}

/** Draws a picture with every pixel of it as a square of `factor` pixels. */
export function drawSharp(context: CanvasRenderingContext2D, source: HTMLCanvasElement, left: number, top: number, factor: number): void {
  context.imageSmoothingEnabled = false;
  context.drawImage(source, left, top, source.width * factor, source.height * factor);
}

/** A canvas enlarged by a whole factor, its pixels crisp, to at least `least` pixels a side. */
export function enlarged(source: HTMLCanvasElement, least: number): HTMLCanvasElement {
  const factor = Math.max(1, Math.ceil(least / source.width));
  const canvas = document.createElement("canvas");
  canvas.width = source.width * factor;
  canvas.height = source.height * factor;
  drawSharp(canvas.getContext("2d")!, source, 0, 0, factor);
  return canvas;
}
