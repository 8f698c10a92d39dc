import { NearestList } from "./nearestList";

/** A row and how far it is, in Euclidean distance. */
export interface Neighbour {
  readonly row: number;
  readonly distance: number;
}

/** Columns summed up between two looks at whether a row is out of the running already. */
const STRIDE = 8;

/** Offers a list every row of `latents` (rows, columns) that may be among a latent's nearest, found by looking at all. */
export function searchRows(
  latents: Float32Array,
  columns: number,
  latent: Float32Array,
  list: NearestList,
  skip: number | null = null,
): void {
  let { worst } = list;
  for (let row = 0, start = 0; start < latents.length; row++, start += columns) {
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
  return Array.from(list.rows.subarray(0, list.count), (row, place) => ({ row, distance: Math.sqrt(list.squares[place]!) }));
}
