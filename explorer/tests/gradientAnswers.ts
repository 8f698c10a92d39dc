// Answers, for tests that compare with Python: of each setting in a JSON file, the exact gradient, the exact variances of
// both estimates from one draw, and what many estimates were found to be:
//   node gradientAnswers.mjs ASKED.json > ANSWERS.json
import { readFileSync } from "node:fs";
import { estimates, exactGradient, exactVariances, type Setting, spreadOf, varianceRatio } from "../src/learn/gradients/estimators";
import { expectationOf } from "../src/learn/gradients/functions";
import { normalDraws } from "../src/learn/normalDraws";

interface Asked {
  readonly settings: readonly Setting[];
  readonly count: number;
  readonly samples: number;
}

const { settings, count, samples } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Asked;
const draws = normalDraws(count * samples, 3);
const answers = settings.map((setting) => {
  const made = estimates(setting, draws, count, samples);
  return {
    value: expectationOf(setting.placed, setting.mean, setting.sigma).value,
    gradient: exactGradient(setting),
    variances: exactVariances(setting),
    pathwise: spreadOf(made.pathwise),
    score: spreadOf(made.score),
    ratio: varianceRatio(made),
  };
});
process.stdout.write(JSON.stringify(answers));
