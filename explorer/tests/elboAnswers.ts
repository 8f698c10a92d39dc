// Answers, for tests that compare with Python, what single pixels cost under a likelihood, as the browser has it:
//   node elboAnswers.mjs QUESTION
import { readFileSync } from "node:fs";
import type { Likelihood } from "../src/model/manifest";
import { logLikelihood } from "../src/own/elbo";

const { likelihood, x, decoded } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as { likelihood: Likelihood; x: number[]; decoded: number[] };
console.log(JSON.stringify(x.map((pixel, index) => logLikelihood(Float32Array.of(pixel), Float32Array.of(decoded[index]!), likelihood, null))));
