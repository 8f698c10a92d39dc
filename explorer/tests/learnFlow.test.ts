import assert from "node:assert/strict";
import { test } from "node:test";
import { areaOf, boxOf, integral, squareRound } from "../src/learn/flow/checks";
import { BY_HAND } from "../src/learn/flow/example";
import { Flow, type Pair } from "../src/learn/flow/flow";
import { readFlow } from "../src/learn/flow/record";
import { sentence } from "../src/learn/flow/sentence";
import { cloud, Travel } from "../src/learn/flow/travel";

const flow = new Flow(BY_HAND);
const DEPTHS = [0, 0.4, 1, 2.7, flow.depth];

test("the flow set by hand is a record like any other", () => {
  const text = JSON.stringify(BY_HAND);
  assert.equal(JSON.stringify(readFlow(JSON.parse(text))), text);
});

test("what is no record is refused", () => {
  const [affine, coupling] = BY_HAND.layers;
  const bad: readonly unknown[] = [
    null,
    [],
    {},
    { ...BY_HAND, version: 2 },
    { ...BY_HAND, name: 3 },
    { ...BY_HAND, layers: [] },
    { ...BY_HAND, layers: [{ kind: "planar" }] },
    { ...BY_HAND, layers: [{ ...affine, scale: [1, 0] }] },
    { ...BY_HAND, layers: [{ ...affine, shift: [1] }] },
    { ...BY_HAND, layers: [{ ...coupling, kept: 2 }] },
    { ...BY_HAND, layers: [{ ...coupling, activation: "gelu" }] },
    { ...BY_HAND, layers: [{ ...coupling, bound: 0 }] },
    { ...BY_HAND, layers: [{ ...coupling, network: [] }] },
    { ...BY_HAND, layers: [{ ...coupling, network: [{ weight: [[1], [2]], bias: [0] }] }] },
    { ...BY_HAND, layers: [{ ...coupling, network: [{ weight: [[1], [Number.NaN]], bias: [0, 0] }] }] },
    { ...BY_HAND, data: [[1, 2, 3]] },
    { ...BY_HAND, logLikelihood: { mean: 1 } },
  ];
  for (const value of bad) assert.throws(() => readFlow(value), TypeError, JSON.stringify(value));
});

test("at every depth, what went forward comes back, and the stations are on its way", () => {
  const points = cloud(3);
  const stations = flow.stations(points);
  for (const depth of DEPTHS) {
    points.forEach((point, index) => {
      const { place, logDet } = flow.forward(point, depth);
      const back = flow.inverse(place, depth);
      assert.ok(Math.hypot(back.place[0] - point[0], back.place[1] - point[1]) < 1e-9);
      assert.ok(Math.abs(back.logDet - logDet) < 1e-9);
      assert.deepEqual(stations.at(depth)[index], place);
    });
  }
});

test("a small square's area grows as the determinant says", () => {
  for (const point of [[0.3, 0.9], [-1.2, 0.1], [2, -2]] as const) {
    const rim = squareRound(point, 1e-3, 4).map((corner) => flow.forward(corner).place);
    const factor = areaOf(rim) / 1e-6;
    assert.ok(Math.abs(factor / Math.exp(flow.forward(point).logDet) - 1) < 1e-4);
  }
});

test("areas are those of school", () => {
  const triangle: readonly Pair[] = [[0, 0], [4, 0], [0, 3]];
  assert.equal(areaOf(triangle), 6);
  assert.equal(areaOf([...triangle].reverse()), -6);
  assert.ok(Math.abs(areaOf(squareRound([5, -3], 0.5, 7)) - 0.25) < 1e-12);
});

test("the density adds up to 1, a row at a time", () => {
  const rows = [...integral(flow, new Travel(flow, BY_HAND, cloud(1)).everything, 140)];
  assert.equal(rows.length, 140);
  assert.ok(Math.abs(rows.at(-1)! - 1) < 1e-3, String(rows.at(-1)));
});

test("the grid and the cloud go where the flow takes them, and are seen", () => {
  const draws = cloud(2);
  const travel = new Travel(flow, BY_HAND, draws);
  for (const depth of DEPTHS) {
    const { inner, outer } = travel.cloudAt(depth);
    assert.equal(inner.length + outer.length, draws.length);
    assert.ok(Math.abs(inner.length / draws.length - 0.5) < 0.1);
    const { middle, half } = travel.windowAt(depth);
    const seen = inner.filter(({ x, y }) => Math.abs(x - middle.x) <= half.across && Math.abs(y - middle.y) <= half.up);
    assert.equal(seen.length, inner.length);
    assert.ok(travel.linesAt(depth).every((line) => line.length > 2));
  }
});

test("a box holds its points with room to spare", () => {
  assert.deepEqual(boxOf([[0, 1], [2, 5]], 0.5), { left: -1, right: 3, bottom: -1, top: 7 });
});

test("the sentence says whether space is stretched or squeezed, and what that does to the density", () => {
  assert.match(sentence([0, 0], Math.log(2), 4, 4), /After all 4 layers space is stretched 2\.00 times.*falls from 0\.159 to 0\.0796/);
  assert.match(sentence([0, 0], -Math.log(2), 1.5, 4), /After 1\.5 of 4 layers space is squeezed 2\.00 times.*rises from 0\.159 to 0\.318/);
  assert.match(sentence([0, 0], 0, 0, 4), /as large as before/);
});
