// Answers, for tests that compare with Python: of each Gaussian in a JSON file, its covariance, the terms of its divergence
// from N(0, I), the divergence the other way round, their estimates, and its log density at a point:
//   node divergenceAnswers.mjs ASKED.json > ANSWERS.json
import { readFileSync } from "node:fs";
import type { Position } from "../src/base/geometry";
import { covarianceOf, divergenceTerms, estimatedDivergence, type Gaussian, logDensityOf, otherWayRound, STANDARD } from "../src/learn/divergence/gaussian";
import { normalDraws } from "../src/learn/normalDraws";

interface Asked {
  readonly gaussians: readonly Gaussian[];
  readonly at: Position;
  readonly count: number;
}

const { gaussians, at, count } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Asked;
const answers = gaussians.map((gaussian, index) => ({
  covariance: covarianceOf(gaussian),
  terms: divergenceTerms(gaussian),
  otherWayRound: otherWayRound(gaussian),
  otherEstimate: estimatedDivergence(STANDARD, gaussian, normalDraws(2 * count, 10 + index)),
  estimate: estimatedDivergence(gaussian, STANDARD, normalDraws(2 * count, 10 + index)),
  logDensity: logDensityOf(gaussian)(at.x, at.y),
}));
process.stdout.write(JSON.stringify(answers));
