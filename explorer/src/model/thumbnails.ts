import { Remembered } from "../base/remembered";
import type { ThumbnailsEntry } from "./manifest";

/** A class of a picture that is still to come. */
const AWAITED = "awaited";

/** Shows the picture of a point on a canvas, at once or as soon as it has arrived. */
export type DrawPoint = (point: number, canvas: HTMLCanvasElement) => void;

/** A sheet, and where on it a picture is. */
interface Tile {
  readonly sheet: number;
  readonly left: number;
  readonly top: number;
}

/** The small pictures of the data points: a sheet of them is fetched when one of its pictures is first wanted. */
export class Thumbnails {
  private readonly fetched = new Remembered<ImageBitmap>();
  private readonly here = new Map<number, ImageBitmap>();
  /** The point that each canvas is to show. */
  private readonly wanted = new WeakMap<HTMLCanvasElement, number>();

  /**
   * @param sheets of pictures one after the other, all but the last of them full
   * @param places of the points on the sheets; null where each has its own number
   */
  constructor(
    private readonly sheets: readonly ThumbnailsEntry[],
    private readonly places: Uint32Array | null,
    private readonly fetch: (sheet: ThumbnailsEntry) => Promise<ImageBitmap>,
  ) {}

  /** Whether a point's picture can be drawn at once. */
  has(point: number): boolean {
    return this.here.has(this.tileOf(point).sheet);
  }

  /** Draws a point's picture, when it is there and the canvas is not to show another by then. */
  async draw(point: number, canvas: HTMLCanvasElement): Promise<void> {
    const { sheet } = this.tileOf(point);
    const there = this.here.get(sheet);
    if (there) {
      this.wanted.set(canvas, point);
      this.paint(there, point, canvas);
      return;
    }
    this.blank(canvas);
    this.wanted.set(canvas, point);
    try {
      const arrived = await this.sheetOf(sheet);
      if (this.wanted.get(canvas) === point) this.paint(arrived, point, canvas);
    } catch (error) {
      if (this.wanted.get(canvas) === point) canvas.classList.remove(AWAITED);
      throw error;
    }
  }

  /** Shows that a picture is missing, whatever the canvas was to show. */
  blank(canvas: HTMLCanvasElement): void {
    this.wanted.delete(canvas);
    canvas.width = this.tile;
    canvas.height = this.tile;
    canvas.classList.add(AWAITED);
  }

  /** A point's picture, (channels, tile, tile) in [0, 1]. */
  async read(point: number, channels: number): Promise<Float32Array> {
    const canvas = document.createElement("canvas");
    // How a context is made is decided the first time that it is asked for.
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    await this.draw(point, canvas);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const area = data.length / 4;
    return Float32Array.from({ length: channels * area }, (_, index) => data[4 * (index % area) + Math.floor(index / area)]! / 255);
  }

  /** Frees the pictures' memory. */
  close(): void {
    for (const sheet of this.here.values()) sheet.close();
    this.here.clear();
  }

  /** Pixels a side of one picture. */
  get tile(): number {
    return this.sheets[0]!.tile;
  }

  private tileOf(point: number): Tile {
    const { tile, columns, rows } = this.sheets[0]!;
    const place = this.places ? this.places[point]! : point;
    const sheet = Math.floor(place / (columns * rows));
    const within = place - sheet * columns * rows;
    return { sheet, left: (within % columns) * tile, top: Math.floor(within / columns) * tile };
  }

  /** A sheet that could not be had is fetched again for whoever asks next. */
  private sheetOf(sheet: number): Promise<ImageBitmap> {
    return this.fetched.get(String(sheet), async () => {
      const bitmap = await this.fetch(this.sheets[sheet]!);
      this.here.set(sheet, bitmap);
      return bitmap;
    });
  }

  private paint(sheet: ImageBitmap, point: number, canvas: HTMLCanvasElement): void {
    const { tile } = this;
    const { left, top } = this.tileOf(point);
    canvas.width = tile;
    canvas.height = tile;
    canvas.classList.remove(AWAITED);
    canvas.getContext("2d")?.drawImage(sheet, left, top, tile, tile, 0, 0, tile, tile);
  }
}

/**
 * The place of every point among the sheets: neighbours on the map share one. The map is cut into strips from left to
 * right, each strip into sheets from bottom to top; points with equal coordinates stay in their own order.
 *
 * @param points x and y in turn
 * @param room pictures on a sheet
 */
export function placesOnSheets(points: Float32Array, room: number): Uint32Array {
  const count = points.length / 2;
  const sheets = Math.ceil(count / room);
  const strips = Math.max(1, Math.round(Math.sqrt(sheets)));
  const along = (axis: 0 | 1) => (a: number, b: number): number => points[2 * a + axis]! - points[2 * b + axis]! || a - b;
  const order = Uint32Array.from({ length: count }, (_, point) => point).sort(along(0));
  const edge = (strip: number): number => Math.floor((strip * sheets) / strips) * room;
  for (let strip = 0; strip < strips; strip++) order.subarray(edge(strip), edge(strip + 1)).sort(along(1));
  const places = new Uint32Array(count);
  order.forEach((point, place) => (places[point] = place));
  return places;
}
