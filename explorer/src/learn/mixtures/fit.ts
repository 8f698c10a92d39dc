import { alongGaussian, COUNT, type Mixture, mixtureOnPlaces, PLACES, STEP, WIDTHS } from "./mixture";

/** Rounds of expectation and maximisation: in all, and of those that a frame always has time for. */
const ROUNDS = 200;
const AT_ONCE = 6;
/** Every round goes further than it says, by this factor: below 2 that only hastens it (B. C. Peters, H. F. Walker, 1978). */
const FURTHER = 1.9;

/** Where a round keeps the mixture, and then by how much more of it there should be: anew for each it would be much to clear away. */
const wanted = new Float64Array(COUNT);

/** A target cut from left to right into parts of equal mass, as z goes from −∞ to ∞ in equally likely slices. */
function slices(density: Float64Array, count: number): Mixture {
  const zeros = (): number[] => new Array<number>(count).fill(0);
  const [mass, first, second] = [zeros(), zeros(), zeros()];
  let below = 0;
  for (let index = 0; index < COUNT; index++) {
    const own = density[index]! * STEP;
    const slice = Math.min(count - 1, Math.floor((below + own / 2) * count));
    below += own;
    mass[slice]! += own;
    first[slice]! += own * PLACES[index]!;
    second[slice]! += own * PLACES[index]! ** 2;
  }
  // A narrow peak may leave a slice without a place: it takes its neighbour's.
  const means = first.slice();
  let spread = 0;
  for (let slice = 0; slice < count; slice++) {
    const own = mass[slice]!;
    means[slice] = own > 0 ? first[slice]! / own : (means[slice - 1] ?? 0);
    if (own > 0) spread += second[slice]! - first[slice]! ** 2 / own;
  }
  return { means, weights: new Array<number>(count).fill(1 / count), width: bounded(Math.sqrt(Math.max(0, spread))) };
}

const bounded = (width: number): number => Math.min(WIDTHS.most, Math.max(WIDTHS.least, width));

/**
 * One round towards a smaller KL(target ‖ mixture) for Gaussians of one width, held where it is given
 * (A. P. Dempster, N. M. Laird, D. B. Rubin, 1977; Bishop 2006, section 9.2).
 */
function improved(density: Float64Array, mixture: Mixture, held: number | null): Mixture {
  const { means, weights, width } = mixture;
  const sum = mixtureOnPlaces(mixture, wanted);
  const [nextMeans, nextWeights] = [means.slice(), weights.slice()];
  const scale = STEP / (width * Math.sqrt(2 * Math.PI));
  for (let index = 0; index < COUNT; index++) wanted[index] = density[index] === 0 || sum[index] === 0 ? 0 : density[index]! / sum[index]!;
  let [spread, total] = [0, 0];
  means.forEach((mean, part) => {
    let [mass, first, second] = [0, 0, 0];
    alongGaussian(mean, width, (index, away, value) => {
      const share = wanted[index]! * value;
      mass += share;
      first += share * away;
      second += share * away * away;
    });
    const weight = weights[part]! * scale;
    nextWeights[part] = weight * mass;
    total += weight * mass;
    if (mass === 0) return;
    nextMeans[part] = mean + first / mass;
    spread += weight * (second - (first * first) / mass);
  });
  const found = { means: nextMeans, weights: nextWeights.map((weight) => weight / total), width: Math.sqrt(spread / total) };
  return { ...further(mixture, found), ...(held !== null && { width: held }) };
}

/** Beyond what has been found, in its direction; weights and width as powers, so that they stay above 0. */
function further(from: Mixture, to: Mixture): Mixture {
  const means = to.means.map((mean, part) => from.means[part]! + FURTHER * (mean - from.means[part]!));
  const weights = to.weights.map((weight, part) => (weight > 0 ? from.weights[part]! * (weight / from.weights[part]!) ** FURTHER : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { means, weights: weights.map((weight) => weight / total), width: bounded(from.width * (to.width / from.width) ** FURTHER) };
}

/** So many Gaussians of one width, the best one or the one that is held, brought near to a target a few rounds at a time. */
export class Fit {
  mixture: Mixture;
  private rounds = 0;

  constructor(
    private readonly density: Float64Array,
    count: number,
    private readonly held: number | null = null,
  ) {
    const begun = slices(density, count);
    this.mixture = held === null ? begun : { ...begun, width: held };
  }

  get done(): boolean {
    return this.rounds >= ROUNDS;
  }

  /** Goes on for about so many milliseconds; a few rounds, at least, bring it close. */
  goOn(milliseconds: number): void {
    const least = this.rounds + AT_ONCE;
    for (const until = performance.now() + milliseconds; !this.done && (this.rounds < least || performance.now() < until); this.rounds++) {
      this.mixture = improved(this.density, this.mixture, this.held);
    }
  }
}

/** The same to its end. */
export function fitted(density: Float64Array, count: number, held: number | null = null): Mixture {
  const fit = new Fit(density, count, held);
  fit.goOn(Infinity);
  return fit.mixture;
}
