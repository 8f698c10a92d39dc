// Answers, for tests that compare with Python: of each bell q, observed x and model in a JSON file, the terms of the bound,
// by formula and by quadrature, and the best bell:
//   node boundAnswers.mjs ASKED.json > ANSWERS.json
import { readFileSync } from "node:fs";
import { bestBell, boundByQuadrature, gapByQuadrature, LinearModel, logEvidenceByQuadrature, logEvidenceBySampling, type Model, partsOf, SquareModel } from "../src/learn/bound/models";
import type { Bell } from "../src/learn/bound/normal";

interface Asked {
  readonly kind: "one" | "two";
  readonly noise: number;
  readonly x: number;
  readonly q: Bell;
}

const LIMITS = { mean: 3.5, narrow: 0.05, wide: 3 };

const asked = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as readonly Asked[];
const answers = asked.map(({ kind, noise, x, q }) => {
  const model: Model = kind === "one" ? new LinearModel(noise) : new SquareModel(noise);
  return {
    ...partsOf(model, q, x),
    logEvidence: model.logEvidence(x),
    drawnEvidence: model.evidence(x),
    logPosterior: model.logPosterior(q.mean, x),
    boundByQuadrature: boundByQuadrature(model, q, x),
    gapByQuadrature: gapByQuadrature(model, q, x),
    evidenceByQuadrature: logEvidenceByQuadrature(model, x),
    evidenceBySampling: logEvidenceBySampling(model, x),
    best: bestBell(model, q, x, LIMITS),
  };
});
process.stdout.write(JSON.stringify(answers));
