// Answers, for tests that compare with Python: of each σ and mean square error in a JSON file, what a pixel costs, the σ
// that costs least as a search finds it, and the bell; of each division of a cost, the variance and its parts:
//   node varianceAnswers.mjs ASKED.json > ANSWERS.json
import { readFileSync } from "node:fs";
import { bestSamples, imagesAt, type Price, relativeParts, type Shares, simulated, spread } from "../src/learn/samples/spread";
import { bell, beta, cheapest, nats, weight } from "../src/learn/variance/cost";

interface Pixel {
  readonly variance: number;
  readonly error: number;
}

interface Division {
  readonly shares: Shares;
  readonly samples: number;
  readonly cost: number;
  readonly price: Price;
}

const asked = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as { readonly pixels: readonly Pixel[]; readonly divisions: readonly Division[] };
const pixels = asked.pixels.map(({ variance, error }) => ({
  nats: nats(variance, error),
  weight: weight(variance),
  beta: beta(variance),
  cheapest: cheapest(error, 1e-5, 10),
  bell: bell(Math.sqrt(error), variance),
}));
const divisions = asked.divisions.map(({ shares, samples, cost, price }) => {
  const images = imagesAt(samples, cost, price);
  return {
    images,
    spread: spread(shares, samples, images),
    parts: relativeParts(shares, samples, cost, price),
    best: bestSamples(shares, price),
    simulated: simulated(shares, samples, Math.round(images), 4000, 7),
  };
});
process.stdout.write(JSON.stringify({ pixels, divisions }));
