// Answers, for tests that compare with Python: of each Gaussian in a JSON file, its covariance, the terms of its divergence
// from N(0, I), the divergence the other way round, its estimate, and its log density at a point:
//   node divergenceAnswers.mjs ASKED.json > ANSWERS.json
import { readFileSync } from "node:fs";
import { covarianceOf, divergenceTerms, estimatedDivergence, type Gaussian, logDensity, otherWayRound, type Point } from "../src/learn/divergence/gaussian";
import { normalDraws } from "../src/learn/normalDraws";

interface Asked {
  readonly gaussians: readonly Gaussian[];
  readonly at: Point;
  readonly count: number;
}

const { gaussians, at, count } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Asked;
const answers = gaussians.map((gaussian, index) => ({
  covariance: covarianceOf(gaussian),
  terms: divergenceTerms(gaussian),
  otherWayRound: otherWayRound(gaussian),
  estimate: estimatedDivergence(gaussian, normalDraws(2 * count, 10 + index)),
  logDensity: logDensity(gaussian.mean, covarianceOf(gaussian), at),
}));
process.stdout.write(JSON.stringify(answers));
