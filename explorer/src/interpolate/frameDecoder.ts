import type { Engine } from "../engine/engine";

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

/**
 * Keeps a sheet of images after a moving hand: only the newest sheet is decoded, first some tiles spread over all of
 * it, then the others as long as nothing newer is wanted.
 */
export class FrameDecoder {
  private wanted: Wanted | null = null;
  private running = false;
  private inFlight = false;

  constructor(
    public engine: Pick<Engine, "decode">,
    private readonly dimensions: number,
    private readonly onArrival: (arrived: Arrived) => void,
    private readonly onError: (error: unknown) => void,
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
      while (this.wanted) {
        const wanted = this.wanted;
        await this.decode(wanted);
        if (this.wanted === wanted) this.wanted = null;
      }
    } catch (error) {
      this.wanted = null;
      this.onError(error);
    } finally {
      this.running = false;
    }
  }

  private async decode(wanted: Wanted): Promise<void> {
    const first = spread(wanted.columns, wanted.rows, BATCH);
    const others = Array.from({ length: wanted.columns * wanted.rows }, (_, tile) => tile).filter((tile) => !first.includes(tile));
    const batches = [first];
    for (let start = 0; start < others.length; start += BATCH) batches.push(others.slice(start, start + BATCH));
    for (const [number, tiles] of batches.entries()) {
      if (number > 0 && this.wanted !== wanted) return;
      const held = number === 0 ? wanted.held : null;
      const images = await this.images(wanted, tiles, held);
      this.onArrival({
        wanted,
        tiles,
        images: held ? images.slice(1) : images,
        held: held && images[0]!,
        complete: number === batches.length - 1,
      });
    }
  }

  private async images(wanted: Wanted, tiles: readonly number[], held: Float32Array | null): Promise<Float32Array[]> {
    const { dimensions } = this;
    const rows = tiles.map((tile) => wanted.latents.subarray(tile * dimensions, (tile + 1) * dimensions));
    if (held) rows.unshift(held);
    const latents = new Float32Array(rows.length * dimensions);
    rows.forEach((row, index) => latents.set(row, index * dimensions));
    this.inFlight = true;
    const images = await this.engine.decode(latents).finally(() => (this.inFlight = false));
    const size = images.length / rows.length;
    return rows.map((_, index) => images.slice(index * size, (index + 1) * size));
  }
}

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
