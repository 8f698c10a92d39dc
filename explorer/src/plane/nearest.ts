/** A row and how far it is, in Euclidean distance. */
export interface Neighbour {
  readonly row: number;
  readonly distance: number;
}

/** Columns summed up between two looks at whether a row is out of the running already. */
const STRIDE = 8;

/**
 * The `count` rows nearest to a latent, nearest first, found by looking at every row.
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
  const rows = new Uint32Array(count);
  const squares = new Float64Array(count).fill(Infinity);
  let worst = count > 0 ? Infinity : -1;
  for (let row = 0; row < latents.length / columns; row++) {
    const start = row * columns;
    let square = 0;
    for (let first = 0; first < columns && square < worst; first += STRIDE) {
      const last = Math.min(first + STRIDE, columns);
      for (let column = first; column < last; column++) {
        const difference = latents[start + column]! - latent[column]!;
        square += difference * difference;
      }
    }
    if (!(square < worst) || row === skip) continue;
    let place = count - 1;
    for (; place > 0 && squares[place - 1]! > square; place--) {
      squares[place] = squares[place - 1]!;
      rows[place] = rows[place - 1]!;
    }
    squares[place] = square;
    rows[place] = row;
    worst = squares[count - 1]!;
  }
  const found = squares.findIndex((square) => square === Infinity);
  return Array.from(rows.subarray(0, found === -1 ? count : found), (row, place) => ({
    row,
    distance: Math.sqrt(squares[place]!),
  }));
}
