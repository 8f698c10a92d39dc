/** The few nearest of all that are offered, nearest first; of equally near ones those that came first. */
export class NearestList {
  readonly rows: Uint32Array;
  readonly squares: Float64Array;
  /** The square distance that an offer has to be below. */
  worst = Infinity;
  private found = 0;

  constructor(readonly capacity: number) {
    this.rows = new Uint32Array(capacity);
    this.squares = new Float64Array(capacity);
    this.clear();
  }

  get count(): number {
    return this.found;
  }

  clear(): void {
    this.found = 0;
    this.worst = this.capacity > 0 ? Infinity : -1;
  }

  offer(row: number, square: number): void {
    if (!(square < this.worst)) return;
    const { rows, squares, capacity } = this;
    let place = this.found < capacity ? this.found++ : capacity - 1;
    for (; place > 0 && squares[place - 1]! > square; place--) {
      squares[place] = squares[place - 1]!;
      rows[place] = rows[place - 1]!;
    }
    squares[place] = square;
    rows[place] = row;
    if (this.found === capacity) this.worst = squares[capacity - 1]!;
  }
}
