import assert from "node:assert/strict";
import { test } from "node:test";
import { CarriedLines } from "../src/interpolate/paths";
import { Flow, flowLength } from "../src/plane/flow";
import { normal } from "./random";

const [DIMENSIONS, COUPLINGS, UNITS] = [5, 3, 7];
const draw = normal(31);
const numbers = Float32Array.from({ length: flowLength(DIMENSIONS, COUPLINGS, UNITS) }, () => 0.5 * draw());
const flow = new Flow(numbers, DIMENSIONS, COUPLINGS, UNITS);
const latent = (): Float32Array => Float32Array.from({ length: DIMENSIONS }, draw);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.hypot(...Array.from(a, (value, index) => value - b[index]!));

test("the way back is the way there", () => {
  for (let trial = 0; trial < 20; trial++) {
    const base = latent();
    assert.ok(distance(flow.toData(base), base) > 0.1);
    assert.ok(distance(flow.toBase(flow.toData(base)), base) < 1e-5);
  }
});

test("without weights it is N(0, I) as it stands", () => {
  const standard = new Flow(new Float32Array(numbers.length), DIMENSIONS, COUPLINGS, UNITS);
  const point = latent();
  assert.deepEqual(standard.toData(point), point);
  const expected = -0.5 * (point.reduce((sum, value) => sum + value * value, 0) + DIMENSIONS * Math.log(2 * Math.PI));
  assert.ok(Math.abs(standard.logDensity(point) - expected) < 1e-6);
});

test("a draw is what its noise becomes", () => {
  const noise = latent();
  let next = 0;
  assert.deepEqual(flow.sample(() => 0, () => noise[next++]!), flow.toData(noise));
});

test("a path is straight in the flow's own space, meets its stops to the last bit, and goes on beyond its ends", () => {
  const stops = [latent(), latent(), latent()];
  const path = new CarriedLines(flow).through(stops);
  stops.forEach((stop, k) => assert.deepEqual(path(k), stop));
  const bases = stops.map((stop) => flow.toBase(stop));
  for (const [t, from, share] of [[0.5, 0, 0.5], [1.25, 1, 0.25], [-0.25, 0, -0.25], [2.5, 1, 1.5]] as const) {
    const expected = bases[from]!.map((value, dimension) => value + share * (bases[from + 1]![dimension]! - value));
    assert.ok(distance(flow.toBase(path(t)), expected) < 1e-4, `at ${t}`);
  }
  // Between the places that are carried it is straight where the data lie.
  assert.ok(distance(path(0.51), flow.toData(bases[0]!.map((value, dimension) => value + 0.51 * (bases[1]![dimension]! - value)))) < 0.02);
});

test("only the segments that have changed are carried anew", () => {
  let carried = 0;
  const toData = (base: Float32Array): Float32Array => {
    carried++;
    return base.slice();
  };
  const lines = new CarriedLines({ toBase: (values) => values.slice(), toData });
  const stops = [latent(), latent(), latent(), latent()];
  lines.through(stops);
  const whole = carried;
  lines.through([...stops.slice(0, 3), latent()]);
  assert.equal(3 * (carried - whole), whole);
  lines.through(stops);
  assert.equal(3 * (carried - whole), whole);
});

test("what lies beyond the ends is carried once, however often it is asked for", () => {
  let carried = 0;
  const toData = (base: Float32Array): Float32Array => {
    carried++;
    return flow.toData(base);
  };
  const [from, to] = [latent(), latent()];
  const path = new CarriedLines({ toBase: (values) => flow.toBase(values), toData }).through([from, to]);
  const inside = carried;
  const shares = Array.from({ length: 50 }, (_, index) => 1 + (index + 1) / 50);
  for (const share of shares) path(share);
  const beyond = carried - inside;
  for (const share of shares) path(share);
  assert.ok(beyond <= inside + 1, `${beyond} beyond, ${inside} inside`);
  assert.equal(carried - inside, beyond);
  const [start, end] = [flow.toBase(from), flow.toBase(to)];
  for (const share of [-1, -0.31, 1.07, 2]) {
    const exact = flow.toData(start.map((value, dimension) => value + share * (end[dimension]! - value)));
    assert.ok(distance(path(share), exact) < 0.05, `at ${share}`);
  }
});

test("a grid is bilinear in the flow's own space, and meets its corners to the last bit", () => {
  const corners = [latent(), latent(), latent(), latent()];
  const side = 5;
  const cells = new CarriedLines(flow).grid(corners, side);
  assert.deepEqual([0, side - 1, side * (side - 1), side * side - 1].map((cell) => cells[cell]), corners);
  const bases = corners.map((corner) => flow.toBase(corner));
  cells.forEach((cell, place) => {
    const [down, across] = [Math.floor(place / side) / (side - 1), (place % side) / (side - 1)];
    const weights = [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across];
    const expected = bases[0]!.map((_, dimension) => weights.reduce((sum, weight, corner) => sum + weight * bases[corner]![dimension]!, 0));
    assert.ok(distance(flow.toBase(cell), expected) < 1e-4, `cell ${place}`);
  });
});
