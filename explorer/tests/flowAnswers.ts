// Answers, for tests that compare with Python: where a flow takes points at each depth asked for, where it takes them back
// to, its log determinants and log densities, and what its density adds up to:
//   node flowAnswers.mjs ASKED.json > ANSWERS.json      { "flow": a record, or null for the one set by hand, … }
import { readFileSync } from "node:fs";
import { boxOf, integral, logDetByDifferences } from "../src/learn/flow/checks";
import { BY_HAND } from "../src/learn/flow/example";
import { Flow, type Pair } from "../src/learn/flow/flow";
import { readFlow } from "../src/learn/flow/record";

interface Asked {
  readonly flow: unknown;
  readonly points: readonly Pair[];
  readonly depths: readonly number[];
}

function whole(flow: Flow, points: readonly Pair[]): number {
  const rows = integral(flow, boxOf(points.map((point) => flow.forward(point).place), 0.6), 300);
  for (;;) {
    const { done, value } = rows.next();
    if (done) return value;
  }
}

const { flow: asked, points, depths } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Asked;
const record = asked === null ? BY_HAND : readFlow(asked);
const flow = new Flow(record);
const stations = flow.stations(points);
const answers = {
  record,
  integral: whole(flow, points),
  atDepths: depths.map((depth) => {
    const carried = points.map((point) => flow.forward(point, depth));
    return {
      places: carried.map(({ place }) => place),
      logDets: carried.map(({ logDet }) => logDet),
      stations: stations.at(depth),
      back: carried.map(({ place }) => flow.inverse(place, depth).place),
      logDensities: carried.map(({ place }) => flow.logDensity(place, depth)),
      byDifferences: points.map((point) => logDetByDifferences(flow, point, depth)),
    };
  }),
};
process.stdout.write(JSON.stringify(answers));
