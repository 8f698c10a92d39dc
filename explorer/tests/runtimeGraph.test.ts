import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Failure } from "../src/base/failure";
import { LocalEngine } from "../src/engine/engine";
import { KernelGraph, planGraph } from "../src/runtime/graph";
import { varints } from "../src/runtime/wire";
import { readModel } from "../src/runtime/onnx";
import { bytes, float, floats, graphBytes, integers, modelBytes, node, number, type SketchedNode, text, varint } from "./graphBytes";
import { random } from "./random";

const FOLDER = "../checkpoints/digits-2d/explorer";

/** A decoder as we ship it. */
function shipped(): ArrayBuffer {
  const file = readFileSync(`${FOLDER}/${readdirSync(FOLDER).find((name) => name.startsWith("decoder"))}`);
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
}

function single(...nodes: SketchedNode[]): ArrayBuffer {
  const [input] = nodes[0]!.inputs;
  const constants = {
    w: floats([4, 2, 3, 3], new Float32Array(72)),
    m: floats([4, 4], new Float32Array(16)),
    s: floats([4], [1, 1, 1, 1]),
    to: integers(1, 4, 8, 8),
  };
  return graphBytes({ inputs: { [input!]: ["batch", 4, 4, 4] }, outputs: [nodes.at(-1)!.output], constants, nodes });
}

for (const [lacks, nodes] of [
  ["LSTM", [node("LSTM", ["x", "m", "m"], "y")]],
  ["LayerNormalization", [node("Relu", ["x"], "r"), node("LayerNormalization", ["r", "s"], "y")]],
  ["Conv in groups", [node("Conv", ["x", "w"], "y", { group: 2, pads: [1, 1, 1, 1] })]],
  ["Conv of an unusual form", [node("Conv", ["x", "w"], "y", { dilations: [2, 2], pads: [1, 1, 1, 1] })]],
  ["Conv with wide margins", [node("Conv", ["x", "w"], "y", { pads: [2, 2, 2, 2] })]],
  ["Resize that is not to the nearest", [node("Resize", ["x", "", "", "to"], "y", { mode: "linear" })]],
  ["com.microsoft.Gelu", [{ ...node("Gelu", ["x"], "y"), domain: "com.microsoft" }]],
  ["Split", [node("Split", ["x"], "y")]],
] as const) {
  test(`a graph with ${lacks} is not for us`, () => {
    assert.deepEqual(planGraph(single(...nodes), "x", [4, 4, 4]), { lacks });
  });
}

test("the engine goes elsewhere only with a graph that it lacks an operator of, and says so", async (context) => {
  const said = context.mock.method(console, "info", () => undefined);
  const asked: string[] = [];
  context.mock.method(globalThis, "fetch", async (url: string) => {
    asked.push(url);
    return new Response(null, { status: 404 });
  });
  const ort = { scriptUrl: "http://here/ort.js", wasmUrl: "http://here/ort.wasm" };
  const source = { ort, gpu: null, decoderUrl: "decoder", encoderUrl: "encoder", latentDim: 2, imageShape: [4, 4, 4] as const };
  const engine = new LocalEngine(source, async (url) => (url === "decoder" ? shipped() : single(node("Erf", ["image"], "mean"))));
  assert.equal((await engine.decode(Float32Array.of(1, -1))).length, 64);
  assert.deepEqual(asked, []);
  for (const times of [1, 2]) {
    await assert.rejects(engine.encode(new Float32Array(64)), /could not be fetched/);
    assert.equal(asked.length, 2 * times, "what failed is tried again");
  }
  assert.deepEqual(new Set(asked), new Set(Object.values(ort)));
  assert.match(String(said.mock.calls[0]?.arguments[0]), /Erf/);
});

test("a graph's memory neither grows while it decodes nor outlives it", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const file = shipped();
  const open = async (): Promise<KernelGraph> => {
    const planned = planGraph(file, "latent", [2]);
    assert.ok("plan" in planned);
    return KernelGraph.open(planned.plan);
  };
  const settled = async (): Promise<number> => {
    for (let round = 0; round < 5; round++) {
      collect();
      await new Promise(setImmediate);
    }
    return process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  };
  const kept = await open();
  await kept.run(new Float32Array(2));
  const before = await settled();
  const size = memoryOf(kept);
  for (let decode = 0; decode < 1000; decode++) await kept.run(Float32Array.of(decode / 500 - 1, 1));
  assert.equal(memoryOf(kept), size);
  for (let time = 0; time < 100; time++) {
    const graph = await open();
    await graph.run(new Float32Array(2));
    await graph.release();
    await assert.rejects(graph.run(new Float32Array(2)), /released/);
  }
  const grown = (await settled()) - before;
  assert.ok(grown < 2 * size, `a hundred graphs of ${size} bytes have left ${grown}`);
});

const memoryOf = (graph: KernelGraph): number => (graph as unknown as { floats: Float32Array }).floats.buffer.byteLength;

/** Whatever the bytes are: a plan, an operator's name, or words for a person. */
function assertCivil(file: ArrayBuffer): void {
  try {
    planGraph(file, "latent", [2]);
  } catch (error) {
    assert.ok(error instanceof Failure, `${error}`);
  }
}

test("a file that was cut off is called damaged", () => {
  const whole = shipped();
  assert.ok("plan" in planGraph(whole, "latent", [2]));
  for (let length = 0; length < whole.byteLength; length += length < 4000 ? 13 : 997) {
    assert.throws(() => planGraph(whole.slice(0, length), "latent", [2]), Failure, `${length} bytes`);
  }
});

test("no change of a few bytes makes it hang, swell or fail without words", () => {
  const whole = shipped();
  const next = random(5);
  // What is said of the graph, not the weights, is where harm could be done.
  const head = 9000;
  for (let round = 0; round < 400; round++) {
    const changed = new Uint8Array(whole.slice(0));
    for (let change = 0; change < 1 + 3 * next(); change++) {
      const at = next() < 0.5 ? Math.floor(next() * head) : changed.length - 1 - Math.floor(next() * head);
      changed[at] = Math.floor(256 * next());
    }
    assertCivil(changed.buffer);
  }
});

for (const [what, nodes, words] of [
  ["an operator on what nobody has made", [node("Relu", ["nothing"], "y")], /“nothing”/],
  ["an operator on what it makes itself", [node("Add", ["x", "y"], "y")], /“y”, which nothing has made/],
  ["two operators that make the same", [node("Relu", ["x"], "y"), node("Exp", ["x"], "y")], /twice/],
  ["a tensor larger than memory", [node("Expand", ["x", "huge"], "y")], /asks for a tensor of shape 1×1073741824/],
  ["an endless row of numbers", [node("Range", ["zero", "many", "little"], "y")], /asks for a tensor/],
  ["shapes that do not go together", [node("Add", ["three", "w"], "five"), node("Add", ["x", "five"], "y")], /do not go together/],
  ["many large tensors", Array.from({ length: 9 }, (_, at) => node("Expand", ["three", "large"], at ? `l${at}` : "y")), /more numbers beside its own/],
  ["an impossible new shape", [node("Reshape", ["x", "odd"], "y")], /cannot become|asks for a tensor/],
  ["a layer of another size", [node("Gemm", ["x", "w"], "y")], /Gemm takes 1 numbers times 3/],
] as const) {
  test(`damage is told: ${what}`, () => {
    const constants = {
      huge: integers(1, 2 ** 30),
      large: integers(40000, 3, 5, 7),
      zero: floats([], [0]),
      many: floats([], [1e9]),
      little: floats([], [1e-9]),
      three: floats([1, 3, 5, 7], new Float32Array(105)),
      odd: integers(-1, 3),
      w: floats([3, 3], new Float32Array(9)),
    };
    const file = graphBytes({ inputs: { x: ["batch", 1] }, outputs: ["y"], constants, nodes });
    assert.throws(
      () => planGraph(file, "x", [1]),
      (error: unknown) => error instanceof Failure && words.test(error.why),
    );
  });
}

test("a graph for other numbers is none of this model's", () => {
  assert.throws(() => planGraph(shipped(), "latent", [3]), /takes 2 numbers an item, and not 3/);
  assert.throws(() => planGraph(shipped(), "image", [1, 8, 8]), /the inputs latent, and not “image” alone/);
});

test("numbers are read as every exporter writes them", () => {
  assert.deepEqual(varints(Uint8Array.from([...varint(0), ...varint(300), ...varint(-1), ...varint(-(2 ** 40)), ...varint(2 ** 50)])), [
    0,
    300,
    -1,
    -(2 ** 40),
    2 ** 50,
  ]);
  const named = (name: string, ...parts: number[][]): number[] => bytes(5, [...parts.flat(), ...text(8, name)]);
  const graph = [
    ...named("floats", number(1, 2), number(2, 1), bytes(4, [...float(0, 1.5).slice(1), ...float(0, -2).slice(1)])),
    ...named("floats one by one", number(1, 2), number(2, 1), float(4, 1.5), float(4, -2)),
    ...named("whole", bytes(1, varint(2)), number(2, 7), bytes(7, [...varint(-5), ...varint(9)])),
    ...named("halves", number(1, 2), number(2, 10), bytes(9, [0x00, 0x3e, 0x00, 0xc0])),
    ...named("truths", number(1, 2), number(2, 9), bytes(9, [1, 0])),
    ...named("one", number(2, 1), float(4, 3)),
  ];
  const { constants } = readModel(new Uint8Array(modelBytes(graph)));
  const seen = Object.fromEntries([...constants].map(([name, { values }]) => [name, [...values]]));
  const expected = { floats: [1.5, -2], "floats one by one": [1.5, -2], whole: [-5, 9], halves: [1.5, -2], truths: [1, 0], one: [3] };
  assert.deepEqual(seen, expected);
  assert.deepEqual(constants.get("one")?.shape, []);
});
