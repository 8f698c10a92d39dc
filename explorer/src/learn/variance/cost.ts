/** What a pixel costs when it is off by `error` (its mean square) and the decoder's variance is σ: −log p, in nats. */
export const nats = (variance: number, error: number): number => 0.5 * Math.log(2 * Math.PI * variance) + error / (2 * variance);

/** What the squared error is multiplied by in the ELBO. */
export const weight = (variance: number): number => 1 / (2 * variance);

/** The weight of the KL beside the plain squared error ‖x − μ‖² that trains the same model. */
export const beta = (variance: number): number => 2 * variance;

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const ROUNDS = 80;

/** The σ at which a pixel costs least, found by golden-section search over log σ: who looks knows no formula. */
export function cheapest(error: number, least: number, most: number): number {
  let [low, high] = [Math.log(least), Math.log(most)];
  const cost = (logVariance: number): number => nats(Math.exp(logVariance), error);
  for (let round = 0; round < ROUNDS; round++) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (cost(left) < cost(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/** The density of a pixel that is off by so much. */
export const bell = (offset: number, variance: number): number => Math.exp(-nats(variance, offset ** 2));
