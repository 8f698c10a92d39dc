// Answers, for tests that compare with Python: of each target in a JSON file (a preset, or the spots that a pen went through),
// its density, and the mixtures of so many Gaussians each with their distances:
//   node mixtureAnswers.mjs ASKED.json > ANSWERS.json
import { readFileSync } from "node:fs";
import { fitted } from "../src/learn/mixtures/fit";
import { affinity, densityOf, mixtureOnPlaces, PLACES, totalVariation, totalVariationByDraws } from "../src/learn/mixtures/mixture";
import { CELLS, type Heights, type Preset, preset, type Spot, stroke } from "../src/learn/mixtures/target";

interface Asked {
  readonly target: Preset | readonly Spot[];
  readonly counts: readonly number[];
  readonly held: number | null;
}

const drawn = (spots: readonly Spot[]): Heights => spots.slice(1).reduce((heights, spot, index) => stroke(heights, spots[index]!, spot), new Float64Array(CELLS));

const asked = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as readonly Asked[];
const answers = asked.map(({ target, counts, held }) => {
  const density = densityOf(typeof target === "string" ? preset(target) : drawn(target));
  const mixtures = counts.map((count) => {
    const mixture = fitted(density, count, held);
    const sum = mixtureOnPlaces(mixture);
    const { means, weights, width } = mixture;
    const distance = totalVariation(density, sum);
    return { means: [...means], weights: [...weights], width, sum: [...sum], distance, drawn: totalVariationByDraws(density, sum), affinity: affinity(density, sum) };
  });
  return { places: [...PLACES], density: [...density], mixtures };
});
process.stdout.write(JSON.stringify(answers));
