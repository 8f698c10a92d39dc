import { Fit } from "./fit";
import { type Mixture, mixtureOnPlaces, totalVariation } from "./mixture";

/** The numbers of Gaussians for which the distance is shown. */
export const NUMBERS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100] as const;

/** The distance to a target for each of `NUMBERS`, found a few at a time, so that a hand that draws is never kept waiting. */
export class Refinement {
  readonly distances = NUMBERS.map(() => Number.NaN);
  private density: Float64Array | null = null;
  /** Which of `NUMBERS` comes next. */
  private next = 0;
  private left = 0;
  private fit: Fit | null = null;

  /** Another target: what is known of the one before stays on show until it is found anew. */
  begin(density: Float64Array): void {
    this.density = density;
    this.left = NUMBERS.length;
    this.fit = null;
  }

  /** Goes on for about so many milliseconds. @returns whether there is more to be found */
  goOn(milliseconds: number): boolean {
    const { density } = this;
    if (!density) return false;
    for (const until = performance.now() + milliseconds; this.left > 0 && performance.now() < until; ) {
      this.fit ??= new Fit(density, NUMBERS[this.next]!);
      this.fit.goOn(until - performance.now());
      if (this.fit.done) this.found(density, this.fit.mixture);
    }
    return this.left > 0;
  }

  private found(density: Float64Array, mixture: Mixture): void {
    this.distances[this.next] = totalVariation(density, mixtureOnPlaces(mixture));
    this.next = (this.next + 1) % NUMBERS.length;
    this.left -= 1;
    this.fit = null;
  }
}
