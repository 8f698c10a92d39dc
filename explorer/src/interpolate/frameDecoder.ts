import type { Engine } from "../engine/engine";
import { flat } from "./paths";

/** Latents to be decoded as a sheet of tiles, the row above first. */
export interface Wanted {
  /** (columns × rows, dimensions). */
  readonly latents: Float32Array;
  readonly columns: number;
  readonly rows: number;
  /** One more latent that goes first: what the hand holds. */
  readonly held: Float32Array | null;
  /** `timeStamp` of the pointer event that this answers. */
  readonly pointerTime: number | null;
}

/** Some of the images that were wanted. */
export interface Arrived {
  readonly wanted: Wanted;
  /** Which tiles these are. */
  readonly tiles: readonly number[];
  readonly images: readonly Float32Array[];
  /** The image of what the hand holds, with the first batch. */
  readonly held: Float32Array | null;
  /** Every tile of this sheet is there. */
  readonly complete: boolean;
}

/** Images decoded before the screen is brought up to date: one strip that follows a hand. */
export const BATCH = 12;

export interface FrameDecoderHandlers {
  /** The engine is free: what is wanted now is begun before what has just come is shown. */
  onFree(): void;
  onArrival(arrived: Arrived): void;
  onError(error: unknown): void;
}

/** A sheet in the making. */
interface Begun {
  readonly wanted: Wanted;
  readonly images: (Float32Array | null)[];
  /** Tiles whose images were there before. */
  readonly kept: readonly number[];
  /** Tiles still to be decoded, call by call. */
  readonly calls: (readonly number[])[];
  /** The tile that is what the hand holds, with the first images; null where that has to be decoded beside them. */
  readonly heldTile: number | null;
}

/** One call of the engine. */
interface Batch {
  readonly of: Begun;
  readonly first: boolean;
  readonly tiles: readonly number[];
  readonly images: Promise<Float32Array[]>;
}

/**
 * Keeps a sheet of images after a moving hand: only the newest sheet is decoded, first some tiles spread over all of
 * it, then the others as long as nothing newer is wanted. A tile that has the latent that it had is not decoded again.
 */
export class FrameDecoder {
  private wanted: Wanted | null = null;
  private begun: Begun | null = null;
  private running = false;
  private inFlight = false;

  constructor(
    public engine: Pick<Engine, "decode">,
    private readonly dimensions: number,
    private readonly handlers: FrameDecoderHandlers,
  ) {}

  /** A batch is being decoded: a newer sheet would only wait for it. */
  get busy(): boolean {
    return this.inFlight;
  }

  /** Replaces whatever was wanted before. */
  want(wanted: Wanted): void {
    this.wanted = wanted;
    if (!this.running) void this.work();
  }

  private async work(): Promise<void> {
    this.running = true;
    try {
      for (let batch = this.next(); batch; ) {
        const arrived = this.arrival(batch, await batch.images);
        this.handlers.onFree();
        const following = this.next();
        this.handlers.onArrival(arrived);
        batch = following ?? this.next();
      }
    } catch (error) {
      this.wanted = null;
      this.begun = null;
      this.running = false; // what is wanted because of the error is begun at once
      this.handlers.onError(error);
      return;
    }
    this.running = false;
  }

  /** Begins the next call for the newest sheet; null once all of it is on its way. */
  private next(): Batch | null {
    const { wanted } = this;
    if (!wanted) return null;
    const first = this.begun?.wanted !== wanted;
    if (first) this.begun = this.begin(wanted);
    const of = this.begun!;
    const tiles = of.calls.shift();
    if (!tiles) {
      this.wanted = null;
      return null;
    }
    const held = first && of.heldTile === null ? wanted.held : null;
    const rows = tiles.map((tile) => this.row(wanted, tile));
    return { of, first, tiles, images: this.decode(held ? [...rows, held] : rows) };
  }

  private begin(wanted: Wanted): Begun {
    const { columns, rows, held } = wanted;
    const before = this.begun;
    const all = Array.from({ length: columns * rows }, (_, tile) => tile);
    const images = all.map((tile) => (before?.images[tile] && same(this.row(before.wanted, tile), this.row(wanted, tile)) ? before.images[tile] : null));
    const missing = new Set(all.filter((tile) => !images[tile]));
    const first = spread(columns, rows, BATCH).filter((tile) => missing.delete(tile));
    const others = [...missing];
    const calls = first.length > 0 || others.length === 0 ? [first] : [];
    for (let start = 0; start < others.length; start += BATCH) calls.push(others.slice(start, start + BATCH));
    const heldTile = held && all.find((tile) => same(this.row(wanted, tile), held) && (images[tile] || calls[0]!.includes(tile)));
    return { wanted, images, kept: all.filter((tile) => images[tile]), calls, heldTile: heldTile ?? null };
  }

  private arrival({ of, first, tiles }: Batch, decoded: readonly Float32Array[]): Arrived {
    const { wanted, images, kept, calls, heldTile } = of;
    tiles.forEach((tile, index) => (images[tile] = decoded[index]!));
    const there = first ? [...kept, ...tiles] : tiles;
    const held = heldTile === null ? decoded[tiles.length] : images[heldTile];
    return {
      wanted,
      tiles: there,
      images: there.map((tile) => images[tile]!),
      held: (first && wanted.held && held) || null,
      complete: calls.length === 0,
    };
  }

  private row({ latents }: Wanted, tile: number): Float32Array {
    return latents.subarray(tile * this.dimensions, (tile + 1) * this.dimensions);
  }

  private async decode(rows: readonly Float32Array[]): Promise<Float32Array[]> {
    if (rows.length === 0) return [];
    this.inFlight = true;
    const images = await this.engine.decode(flat(rows)).finally(() => (this.inFlight = false));
    const size = images.length / rows.length;
    return rows.map((_, index) => images.subarray(index * size, (index + 1) * size));
  }
}

const same = (a: Float32Array, b: Float32Array): boolean => a.every((value, dimension) => value === b[dimension]);

/** At most `most` tiles spread evenly over a sheet, its corners among them. */
export function spread(columns: number, rows: number, most: number): number[] {
  const down = Math.min(rows, Math.max(1, Math.floor(Math.sqrt((most * rows) / columns))));
  const across = Math.min(columns, Math.floor(most / down));
  const places = (count: number, of: number): number[] =>
    count === 1 ? [0] : Array.from({ length: count }, (_, index) => Math.round((index * (of - 1)) / (count - 1)));
  return places(down, rows).flatMap((row) => places(across, columns).map((column) => row * columns + column));
}

/** For every tile of a sheet the nearest of those that are there. */
export function nearestTiles(columns: number, rows: number, there: readonly number[]): number[] {
  return Array.from({ length: columns * rows }, (_, tile) => {
    const [row, column] = [Math.floor(tile / columns), tile % columns];
    let nearest = there[0]!;
    let least = Infinity;
    for (const other of there) {
      const away = Math.abs(Math.floor(other / columns) - row) + Math.abs((other % columns) - column);
      if (away < least) [nearest, least] = [other, away];
    }
    return nearest;
  });
}
