import { NearestList } from "./nearestList";

/** A row and how far it is, in Euclidean distance. */
export interface Neighbour {
  readonly row: number;
  readonly distance: number;
}

/** Columns summed up between two looks at whether a row is out of the running already. */
const STRIDE = 8;

/** Offers a list every row of `latents` (rows, columns), or of a range of rows, that may be among a latent's nearest. */
export function searchRows(
  latents: Float32Array,
  columns: number,
  latent: Float32Array,
  list: NearestList,
  skip: number | null = null,
  from = 0,
  to = latents.length / columns,
): void {
  let { worst } = list;
  for (let row = from, start = from * columns; row < to; row++, start += columns) {
    let square = 0;
    for (let first = 0; first < columns && square < worst; first += STRIDE) {
      const last = Math.min(first + STRIDE, columns);
      for (let column = first; column < last; column++) {
        const difference = latents[start + column]! - latent[column]!;
        square += difference * difference;
      }
    }
    if (!(square < worst) || row === skip) continue;
    list.offer(row, square);
    ({ worst } = list);
  }
}

/**
 * The `count` rows nearest to a latent, nearest first.
 *
 * @param latents (rows, columns)
 * @param skip a row to leave out: that of the point which asks
 */
export function nearestRows(
  latents: Float32Array,
  columns: number,
  latent: Float32Array,
  count: number,
  skip: number | null = null,
): Neighbour[] {
  const list = new NearestList(count);
  searchRows(latents, columns, latent, list, skip);
  return neighboursIn(list);
}

const neighboursIn = (list: NearestList): Neighbour[] =>
  Array.from(list.rows.subarray(0, list.count), (row, place) => ({ row, distance: Math.sqrt(list.squares[place]!) }));

/** Whether any row of `latents` (rows, the latent's dimensions) is no farther than `distance` from a latent. */
export function isWithin(latents: Float32Array, latent: Float32Array, distance: number): boolean {
  const columns = latent.length;
  const limit = distance * distance;
  for (let start = 0; start < latents.length; start += columns) {
    let square = 0;
    for (let first = 0; first < columns && square <= limit; first += STRIDE) {
      const last = Math.min(first + STRIDE, columns);
      for (let column = first; column < last; column++) {
        const difference = latents[start + column]! - latent[column]!;
        square += difference * difference;
      }
    }
    if (square <= limit) return true;
  }
  return false;
}

/** Numbers that a step of a search looks at: some tenths of a millisecond. */
const STEP = 1 << 17;

/** `nearestRows`, step by step, for a page that has no time for all of it at once. */
export class NearestSearch {
  private readonly list: NearestList;
  private row = 0;

  constructor(
    private readonly latents: Float32Array,
    private readonly columns: number,
    private readonly latent: Float32Array,
    count: number,
  ) {
    this.list = new NearestList(count);
  }

  /** Looks at some more rows; those found, once it has looked at all. */
  step(): Neighbour[] | null {
    const { latents, columns, latent, list, row } = this;
    const rows = latents.length / columns;
    this.row = Math.min(rows, row + Math.ceil(STEP / columns));
    searchRows(latents, columns, latent, list, null, row, this.row);
    return this.row === rows ? neighboursIn(list) : null;
  }
}
