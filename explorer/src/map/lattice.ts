import { ImageCanvas } from "../page/image";
import type { Pen } from "../page/stillCanvas";
import type { Position } from "../base/geometry";
import type { View } from "./view";

/** An image of the lattice is between this and twice this many CSS pixels wide. */
const LEAST_TILE = 34;
/** Images decoded at once: few enough that a hand on the probe does not wait for them. */
const BATCH = 8;
/** Images, and pixels of them, kept for coming back to a part of the map. */
const KEPT = { images: 3000, pixels: 2 ** 24 };

export interface LatticeSource {
  readonly size: number;
  readonly channels: number;
  /** Images at positions, x and y in turn, or null while nothing can decode. */
  images(positions: Float32Array): Promise<Float32Array | null>;
  isFar(position: Position): boolean;
}

interface Tile {
  readonly position: Position;
  readonly far: boolean;
  canvas: HTMLCanvasElement | null;
}

/** Decoded images on a grid that is fixed to the map and refined by zooming, decoded as far as they are seen. */
export class Lattice {
  /** What was in sight last stands at the end. */
  private readonly tiles = new Map<string, Tile>();
  private seen: Tile[] = [];
  private spacing = 1;
  private decoding = false;
  private generation = 0;

  constructor(
    private readonly source: LatticeSource,
    /** A coarse spacing in map units, whose halves, quarters and so on are used. */
    private readonly coarsest: number,
    private readonly onImages: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** How many of the images in sight are still to come. */
  get missing(): number {
    return this.seen.filter((tile) => !tile.canvas).length;
  }

  /** Draws what is there for a view, and asks for what is not. */
  draw(context: Pen, view: View): void {
    this.look(view);
    const side = this.spacing * view.scale * 0.94;
    context.imageSmoothingEnabled = this.source.size * 1.5 > side * devicePixelRatio;
    for (const { position, far, canvas } of this.seen) {
      if (!canvas) continue;
      const { left, top } = view.toPlace(position);
      context.globalAlpha = far ? 0.22 : 1;
      context.drawImage(canvas, left - side / 2, top - side / 2, side, side);
    }
    context.globalAlpha = 1;
    void this.decode();
  }

  /** Forgets every image, and asks for no more until it is drawn again. */
  clear(): void {
    this.generation++;
    this.tiles.clear();
    this.seen = [];
  }

  private look(view: View): void {
    const level = Math.max(0, Math.floor(Math.log2((this.coarsest * view.scale) / LEAST_TILE)));
    this.spacing = this.coarsest / 2 ** level;
    const first = view.toPosition({ left: 0, top: view.height });
    const last = view.toPosition({ left: view.width, top: 0 });
    const [left, right] = [Math.floor(first.x / this.spacing), Math.ceil(last.x / this.spacing)];
    const [bottom, top] = [Math.floor(first.y / this.spacing), Math.ceil(last.y / this.spacing)];
    this.seen = [];
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) this.seen.push(this.tile(level, column, row));
    }
    this.forget();
  }

  /** Lets go of what has been out of sight for longest; whatever is in sight stays. */
  private forget(): void {
    const most = Math.max(this.seen.length, Math.min(KEPT.images, Math.floor(KEPT.pixels / this.source.size ** 2)));
    for (const key of this.tiles.keys()) {
      if (this.tiles.size <= most) return;
      this.tiles.delete(key);
    }
  }

  private tile(level: number, column: number, row: number): Tile {
    const key = `${level}/${column}/${row}`;
    const tile = this.tiles.get(key) ?? this.blank({ x: column * this.spacing, y: row * this.spacing });
    this.tiles.delete(key);
    this.tiles.set(key, tile);
    return tile;
  }

  private blank(position: Position): Tile {
    return { position, far: this.source.isFar(position), canvas: null };
  }

  /** Decodes what is in sight, batch by batch, what lies near data first. */
  private async decode(): Promise<void> {
    if (this.decoding) return;
    this.decoding = true;
    try {
      for (let batch = this.next(); batch.length > 0; batch = this.next()) {
        const { generation } = this;
        const images = await this.source.images(Float32Array.from(batch.flatMap(({ position }) => [position.x, position.y])));
        if (!images) return;
        if (generation !== this.generation) continue;
        this.keep(batch, images);
        this.onImages();
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.decoding = false;
    }
  }

  private next(): Tile[] {
    const missing = this.seen.filter((tile) => !tile.canvas);
    const near = missing.filter((tile) => !tile.far);
    return (near.length > 0 ? near : missing).slice(0, BATCH);
  }

  private keep(batch: readonly Tile[], images: Float32Array): void {
    const { size, channels } = this.source;
    const length = images.length / batch.length;
    batch.forEach((tile, index) => {
      const picture = new ImageCanvas(size, channels, "", "");
      picture.show(images.subarray(index * length, (index + 1) * length));
      tile.canvas = picture.canvas;
    });
  }
}
