import type { ThumbnailsEntry } from "./manifest";

/** The sheet of small pictures, one a data point. */
export class Thumbnails {
  constructor(
    private readonly sheet: ImageBitmap,
    private readonly layout: ThumbnailsEntry,
  ) {}

  draw(point: number, canvas: HTMLCanvasElement): void {
    const { tile, columns } = this.layout;
    canvas.width = tile;
    canvas.height = tile;
    const left = (point % columns) * tile;
    const top = Math.floor(point / columns) * tile;
    canvas.getContext("2d")?.drawImage(this.sheet, left, top, tile, tile, 0, 0, tile, tile);
  }

  /** A point's picture, (channels, tile, tile) in [0, 1]. */
  read(point: number, channels: number): Float32Array {
    const canvas = document.createElement("canvas");
    // How a context is made is decided the first time that it is asked for.
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    this.draw(point, canvas);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const area = data.length / 4;
    return Float32Array.from({ length: channels * area }, (_, index) => data[4 * (index % area) + Math.floor(index / area)]! / 255);
  }

  /** Frees the pictures' memory. */
  close(): void {
    this.sheet.close();
  }

  /** Pixels a side of one picture. */
  get tile(): number {
    return this.layout.tile;
  }
}
