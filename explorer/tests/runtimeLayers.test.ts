import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelGraph, planGraph } from "../src/runtime/graph";
import { floats, graphBytes, integers, node, type Sketch } from "./graphBytes";
import { convolved, type Filter, type Image, mapped, multiplied, resized, sigmoid, silu } from "./naiveLayers";
import { normal } from "./random";

const CLOSE = 2e-5;

const draw = normal(7);
const drawn = (count: number, scale = 1): Float32Array => Float32Array.from({ length: count }, () => scale * draw());

function image(channels: number, height: number, width = height): Image {
  return { channels, height, width, values: drawn(channels * height * width) };
}

function filter(inputs: number, outputs: number, form: Partial<Omit<Filter, "weights" | "bias">> = {}): Filter {
  const kernel = form.kernel ?? [3, 3];
  const numbers = inputs * kernel[0] * kernel[1];
  const sizes = { outputs, kernel, stride: 1, pads: [1, 1, 1, 1] as const, ...form };
  return { ...sizes, weights: drawn(outputs * numbers, numbers ** -0.5), bias: drawn(outputs) };
}

/** A convolution's weights and bias as constants, and its node. */
function layer(name: string, input: string, { outputs, kernel, stride, pads, weights, bias }: Filter, output: string) {
  const shape = [outputs, weights.length / outputs / kernel[0] / kernel[1], ...kernel];
  return {
    constants: { [`${name}.w`]: floats(shape, weights), [`${name}.b`]: floats([outputs], bias) },
    node: node("Conv", [input, `${name}.w`, `${name}.b`], output, { group: 1, pads, strides: [stride, stride], dilations: [1, 1], kernel_shape: kernel }),
  };
}

async function run(sketch: Sketch, input: string, shape: readonly number[], values: Float32Array): Promise<Readonly<Record<string, Float32Array>>> {
  const planned = planGraph(graphBytes(sketch), input, shape);
  assert.ok("plan" in planned, `it lacks ${"lacks" in planned && planned.lacks}`);
  const graph = await KernelGraph.open(planned.plan);
  const outputs = await graph.run(values);
  await graph.release();
  return outputs;
}

function assertClose(actual: Float32Array | undefined, expected: Float32Array, what: string): void {
  assert.equal(actual?.length, expected.length, what);
  const worst = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - actual![at]!)), 0);
  assert.ok(worst < CLOSE, `${what}: ${worst}`);
}

const FORMS: readonly (readonly [what: string, image: Image, filter: Filter])[] = [
  ["as ours are", image(16, 14), filter(16, 32)],
  ["odd numbers of everything", image(5, 7, 9), filter(5, 11)],
  ["every other pixel", image(8, 10), filter(8, 16, { stride: 2 })],
  ["every other pixel of an odd image", image(3, 13, 11), filter(3, 12, { stride: 2 })],
  ["one colour in", image(1, 28), filter(1, 16)],
  ["one colour out", image(16, 28), filter(16, 1)],
  ["three colours out, pixels not in fours", image(6, 7), filter(6, 3)],
  ["half a block of outputs", image(4, 6), filter(4, 12)],
  ["no margins", image(4, 6), filter(4, 8, { pads: [0, 0, 0, 0] })],
  ["margins on two sides", image(4, 6), filter(4, 8, { pads: [0, 1, 1, 0], kernel: [2, 2] })],
  ["pixel by pixel", image(9, 5), filter(9, 7, { kernel: [1, 1], pads: [0, 0, 0, 0] })],
  ["wide", image(2, 9), filter(2, 8, { kernel: [1, 3], pads: [0, 1, 0, 1] })],
  ["a single pixel", image(12, 1), filter(12, 2)],
];

for (const [what, before, form] of FORMS) {
  test(`a convolution is what its definition says: ${what}`, async () => {
    const { constants, node: conv } = layer("c", "x", form, "y");
    const shape = [before.channels, before.height, before.width];
    const sketch = { inputs: { x: ["batch", ...shape] }, outputs: ["y"], constants, nodes: [conv] };
    assertClose((await run(sketch, "x", shape, before.values))["y"], convolved(before, form).values, what);
  });
}

for (const [inputs, outputs] of [
  [2, 3],
  [16, 512],
  [13, 40],
  [7, 1],
] as const) {
  test(`a linear layer from ${inputs} to ${outputs}`, async () => {
    const [x, w, b] = [drawn(inputs), drawn(inputs * outputs), drawn(outputs)];
    const constants = { w: floats([outputs, inputs], w), b: floats([outputs], b) };
    const nodes = [node("Gemm", ["x", "w", "b"], "sum", { transB: 1, alpha: 1, beta: 1 }), node("Relu", ["sum"], "y")];
    const sketch = { inputs: { x: ["batch", inputs] }, outputs: ["y", "sum"], constants, nodes };
    // More than are taken together, and none sees another.
    const items = [x, drawn(inputs), drawn(inputs), drawn(inputs), drawn(inputs), drawn(inputs)];
    const made = await run(sketch, "x", [inputs], Float32Array.from(items.flatMap((item) => [...item])));
    const expected = Float32Array.from(items.flatMap((item) => [...multiplied(item, w, b)]));
    assertClose(made["sum"], expected, "before ReLU");
    assertClose(
      made["y"],
      expected.map((value) => Math.max(value, 0)),
      "after it",
    );
  });
}

test("a linear layer whose weights lie input by input, with factors of its own", async () => {
  const [x, w, b] = [drawn(6), drawn(6 * 10), drawn(10)];
  const constants = { w: floats([6, 10], w), b: floats([10], b) };
  const sketch = { inputs: { x: ["batch", 6] }, outputs: ["y"], constants, nodes: [node("Gemm", ["x", "w", "b"], "y", { alpha: 0.5, beta: 2 })] };
  const turned = Float32Array.from({ length: 60 }, (_, at) => w[(at % 6) * 10 + Math.floor(at / 6)]! / 2);
  assertClose(
    (await run(sketch, "x", [6], x))["y"],
    multiplied(
      x,
      turned,
      b.map((value) => 2 * value),
    ),
    "y",
  );
});

/** Our decoder: a linear layer, residual blocks, and convolutions over images that are made larger. */
function decoder(sizes: readonly number[], channels: readonly number[], colours: number) {
  const latent = 5;
  const filters: [string, Filter][] = [];
  const nodes = [
    node("Gemm", ["z", "stem.w", "stem.b"], "linear", { transB: 1, alpha: 1, beta: 1 }),
    node("Reshape", ["linear", "start"], "x0", { allowzero: 1 }),
  ];
  const conv = (name: string, input: string, form: Filter, output: string): void => {
    filters.push([name, form]);
    nodes.push(layer(name, input, form, output).node);
  };
  const gated = (input: string, output: string): void => {
    nodes.push(node("Sigmoid", [input], `${output}.gate`), node("Mul", [input, `${output}.gate`], output));
  };
  sizes.slice(1).forEach((size, at) => {
    const [width, next] = [channels[at]!, channels[at + 1]!];
    gated(`x${at}`, `a${at}`);
    conv(`first${at}`, `a${at}`, filter(width, width), `b${at}`);
    gated(`b${at}`, `c${at}`);
    conv(`second${at}`, `c${at}`, filter(width, width), `d${at}`);
    nodes.push(node("Mul", ["gain", `d${at}`], `e${at}`), node("Add", [`x${at}`, `e${at}`], `f${at}`));
    gated(`f${at}`, `g${at}`);
    nodes.push(node("Shape", [`g${at}`], `shape${at}`, { start: 0, end: 2 }), node("Concat", [`shape${at}`, `size${size}`], `to${at}`, { axis: 0 }));
    const nearest = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" };
    nodes.push(node("Resize", [`g${at}`, "", "", `to${at}`], `h${at}`, nearest));
    conv(`widening${at}`, `h${at}`, filter(width, next), `x${at + 1}`);
  });
  const last = sizes.length - 1;
  gated(`x${last}`, "seen");
  conv("output", "seen", filter(channels[last]!, colours), "logits");
  nodes.push(node("Sigmoid", ["logits"], "image"));
  const start = [channels[0]!, sizes[0]!, sizes[0]!];
  const count = start.reduce((product, side) => product * side, 1);
  const stem = { weights: drawn(count * latent), bias: drawn(count) };
  const constants = {
    "stem.w": floats([count, latent], stem.weights),
    "stem.b": floats([count], stem.bias),
    start: integers(-1, ...start),
    gain: floats([], [0.7]),
    ...Object.fromEntries(sizes.map((size) => [`size${size}`, integers(size, size)])),
    ...Object.assign({}, ...filters.map(([name, form]) => layer(name, "", form, "").constants)),
  };
  const forms = new Map(filters);
  const expected = (z: Float32Array): Float32Array => {
    let x: Image = { channels: start[0]!, height: start[1]!, width: start[2]!, values: multiplied(z, stem.weights, stem.bias) };
    sizes.slice(1).forEach((size, at) => {
      const inner = convolved(mapped(x, silu), forms.get(`first${at}`)!);
      const added = convolved(mapped(inner, silu), forms.get(`second${at}`)!);
      const sum = mapped(x, (value, place) => value + 0.7 * added.values[place]!);
      x = convolved(resized(mapped(sum, silu), [size, size]), forms.get(`widening${at}`)!);
    });
    return mapped(convolved(mapped(x, silu), forms.get("output")!), sigmoid).values;
  };
  const sketch: Sketch = { inputs: { z: ["batch", latent] }, outputs: ["image"], constants, nodes };
  return { sketch, latent, expected };
}

for (const [what, sizes, channels, colours, larger] of [
  ["doubling", [4, 8, 16], [12, 8, 4], 3, false],
  ["from an odd size", [5, 9], [8, 4], 1, true],
  ["widths that are no multiple of four", [7, 14], [10, 5], 2, false],
] as const) {
  test(`a decoder is what its layers say: ${what}`, async () => {
    const { sketch, latent, expected } = decoder(sizes, channels, colours);
    const planned = planGraph(graphBytes(sketch), "z", [latent]);
    assert.ok("plan" in planned);
    const names = planned.plan.steps.map((step) => ("kernel" in step ? step.kernel : "none"));
    assert.equal(names.includes("spread"), larger, "an image is doubled only in the weights");
    assert.ok(
      names.every((name) => ["product", "planes", "spread"].includes(name)),
      `all is in the products: ${names}`,
    );
    const graph = await KernelGraph.open(planned.plan);
    const latents = drawn(3 * latent);
    const { image } = await graph.run(latents);
    const each = [0, 1, 2].map((item) => expected(latents.slice(item * latent, (item + 1) * latent)));
    assertClose(image, Float32Array.from(each.flatMap((values) => [...values])), what);
  });
}

test("an image goes into a linear layer as it lies", async () => {
  const [before, form] = [image(3, 9), filter(3, 6, { stride: 2 })];
  const { constants, node: conv } = layer("c", "x", form, "y");
  const [w, b] = [drawn(4 * 150), drawn(4)];
  const sketch = {
    inputs: { x: ["batch", 3, 9, 9] },
    outputs: ["out"],
    constants: { ...constants, to: integers(-1, 150), w: floats([4, 150], w), b: floats([4], b) },
    nodes: [conv, node("Relu", ["y"], "r"), node("Reshape", ["r", "to"], "flat"), node("Gemm", ["flat", "w", "b"], "out", { transB: 1 })],
  };
  const seen = mapped(convolved(before, form), (value) => Math.max(value, 0));
  assertClose((await run(sketch, "x", [3, 9, 9], before.values))["out"], multiplied(seen.values, w, b), "out");
});

test("what is needed besides is there as well: sums before an activation, larger images, both", async () => {
  const [before, form] = [image(4, 5), filter(4, 8)];
  const { constants, node: conv } = layer("c", "x", form, "y");
  const nearest = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" };
  const sketch = {
    inputs: { x: ["batch", 4, 5, 5] },
    outputs: ["y", "s", "large", "squared"],
    constants: { ...constants, to: integers(1, 8, 10, 10), two: floats([], [2]) },
    nodes: [conv, node("Sigmoid", ["y"], "s"), node("Resize", ["s", "", "", "to"], "large", nearest), node("Pow", ["s", "two"], "squared")],
  };
  const made = await run(sketch, "x", [4, 5, 5], before.values);
  const sum = convolved(before, form);
  const seen = mapped(sum, sigmoid);
  assertClose(made["y"], sum.values, "y");
  assertClose(made["s"], seen.values, "s");
  assertClose(made["large"], resized(seen, [10, 10]).values, "large");
  assertClose(
    made["squared"],
    seen.values.map((value) => value * value),
    "squared",
  );
});

test("a larger image that is added to what is made of it is there in full", async () => {
  const [before, form] = [image(4, 3), filter(4, 4)];
  const { constants, node: conv } = layer("c", "large", form, "y");
  const nearest = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" };
  const sketch = {
    inputs: { x: ["batch", 4, 3, 3] },
    outputs: ["sum"],
    constants: { ...constants, to: integers(1, 4, 6, 6) },
    nodes: [node("Resize", ["x", "", "", "to"], "large", nearest), conv, node("Add", ["large", "y"], "sum")],
  };
  const large = resized(before, [6, 6]);
  const expected = mapped(convolved(large, form), (value, at) => value + large.values[at]!);
  assertClose((await run(sketch, "x", [4, 3, 3], before.values))["sum"], expected.values, "sum");
});
