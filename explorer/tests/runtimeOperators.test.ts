import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelGraph, planGraph } from "../src/runtime/graph";
import type { Attribute, Constant } from "../src/runtime/onnx";
import { floats, graphBytes, integers, node } from "./graphBytes";
import { normal } from "./random";

async function of(
  operator: string,
  x: Float32Array,
  shape: readonly number[],
  others: readonly Constant[] = [],
  attributes: Readonly<Record<string, Attribute>> = {},
  order: (names: string[]) => string[] = (names) => names,
): Promise<Float32Array> {
  const constants = Object.fromEntries(others.map((constant, at) => [`c${at}`, constant]));
  const nodes = [node(operator, order(["x", ...Object.keys(constants)]), "y", attributes)];
  const planned = planGraph(graphBytes({ inputs: { x: ["batch", ...shape] }, outputs: ["y"], constants, nodes }), "x", shape);
  assert.ok("plan" in planned, `it lacks ${"lacks" in planned && planned.lacks}`);
  return (await (await KernelGraph.open(planned.plan)).run(x))["y"]!;
}

const range = (low: number, high: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, at) => low + ((high - low) * at) / (count - 1));

for (const [operator, f, low, high] of [
  ["Sigmoid", (x: number) => 1 / (1 + Math.exp(-x)), -80, 80],
  ["Exp", Math.exp, -87, 88],
  ["Tanh", Math.tanh, -9, 9],
  ["Relu", (x: number) => Math.max(x, 0), -5, 5],
  ["Abs", Math.abs, -5, 5],
  ["Neg", (x: number) => -x, -5, 5],
  ["Log", Math.log, 1e-6, 5],
  ["Reciprocal", (x: number) => 1 / x, 0.1, 9],
] as const) {
  test(`${operator} is right to a millionth from ${low} to ${high}`, async () => {
    const x = range(low, high, 4099);
    const y = await of(operator, x, [x.length]);
    x.forEach((value, at) => {
      const expected = f(value);
      assert.ok(Math.abs(y[at]! - expected) <= 1e-6 * Math.abs(expected), `${operator}(${value}) is ${expected}, not ${y[at]}`);
    });
  });
}

const draw = normal(3);
const x = Float32Array.from({ length: 30 }, draw);
const row = Float32Array.from({ length: 5 }, draw);

for (const [operator, f] of [
  ["Add", (a: number, b: number) => a + b],
  ["Sub", (a: number, b: number) => a - b],
  ["Mul", (a: number, b: number) => a * b],
  ["Div", (a: number, b: number) => a / b],
  ["Less", (a: number, b: number) => Number(a < b)],
  ["Max", Math.max],
] as const) {
  test(`${operator} of a tensor with one number, with a row, with as large a one, from either side`, async () => {
    const same = Float32Array.from({ length: 30 }, draw);
    for (const [other, at] of [
      [Float32Array.of(0.3), () => 0],
      [row, (i: number) => i % 5],
      [same, (i: number) => i],
    ] as const) {
      const constant = floats(other.length === 30 ? [1, 6, 5] : other.length === 5 ? [5] : [], other);
      const after = await of(operator, x, [6, 5], [constant]);
      const before = await of(operator, x, [6, 5], [constant], {}, (names) => names.toReversed());
      assert.deepEqual(
        after,
        Float32Array.from(x, (value, i) => f(value, other[at(i)]!)),
      );
      assert.deepEqual(
        before,
        Float32Array.from(x, (value, i) => f(other[at(i)]!, value)),
      );
    }
  });
}

test("Clip keeps within its bounds, of which either may be missing", async () => {
  const [low, high] = [floats([], [-0.5]), floats([], [0.25])];
  assert.deepEqual(await of("Clip", x, [30]), x);
  assert.deepEqual(
    await of("Clip", x, [30], [low, high]),
    x.map((value) => Math.min(Math.max(value, -0.5), 0.25)),
  );
  assert.deepEqual(
    await of("Clip", x, [30], [low]),
    x.map((value) => Math.max(value, -0.5)),
  );
  assert.deepEqual(
    await of("Clip", x, [30], [high], {}, ([value, most]) => [value!, "", most!]),
    x.map((value) => Math.min(value, 0.25)),
  );
});

test("Where chooses, by a number or by a whole tensor", async () => {
  const condition = { shape: [1, 30], values: Float64Array.from(x, (value) => Number(value > 0)) };
  const made = await of("Where", x, [30], [condition, floats([], [7])], {}, ([value, by, seven]) => [by!, value!, seven!]);
  assert.deepEqual(
    made,
    x.map((value) => (value > 0 ? value : 7)),
  );
});

test("shapes are taken apart and put together", async () => {
  assert.deepEqual(
    await of("Slice", x, [6, 5], [integers(1, -2), integers(4, Number.MAX_SAFE_INTEGER), integers(1, 2)]),
    x.filter((_, i) => i >= 5 && i < 20 && i % 5 >= 3),
  );
  assert.deepEqual(await of("Unsqueeze", x, [6, 5], [integers(1)]), x);
  assert.deepEqual(await of("Squeeze", x, [1, 30], [integers(1)]), x);
  assert.deepEqual(await of("Expand", row, [1, 5], [integers(1, 3, 5)]), Float32Array.from([...row, ...row, ...row]));
  assert.deepEqual(await of("Concat", row, [5], [floats([1, 2], [8, 9])], { axis: 1 }), Float32Array.from([...row, 8, 9]));
  const sums = Float32Array.from({ length: 6 }, (_, i) => x.subarray(5 * i, 5 * i + 5).reduce((sum, value) => Math.fround(sum + value), 0));
  assert.deepEqual(await of("ReduceSum", x, [6, 5], [integers(-1)], { keepdims: 0 }), sums);
  const places: Constant = { shape: [2, 2], values: Float64Array.of(0, 1, 0, 4) };
  const written = Float32Array.from(row);
  written[1] = 10;
  written[4] = 11;
  assert.deepEqual(await of("ScatterND", row, [5], [places, floats([2], [10, 11])]), written);
});

test("a computed constant is an output like any other", async () => {
  const sketch = {
    inputs: { x: ["batch", 2] },
    outputs: ["y", "z"],
    constants: { a: floats([1, 2], [1, 2]), b: floats([], [3]) },
    nodes: [node("Mul", ["a", "b"], "y"), node("Add", ["x", "y"], "z")],
  };
  const planned = planGraph(graphBytes(sketch), "x", [2]);
  assert.ok("plan" in planned);
  const made = await (await KernelGraph.open(planned.plan)).run(Float32Array.of(1, 1, 2, 2));
  assert.deepEqual(made, { y: Float32Array.of(3, 6, 3, 6), z: Float32Array.of(4, 7, 5, 8) });
});
