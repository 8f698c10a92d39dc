// Bundles the explorer into dist/ under content-hashed names, with a brotli and a gzip sibling for every file it serves.
//   node build.mjs           the components, the worker, the WebAssembly runtime and assets.json
//   node build.mjs --tests   the unit tests, for node's own test runner
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import asc from "assemblyscript/asc";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

/** Brotli's best takes a second a megabyte and more, for a tenth of the size: larger files are content with less. */
const LARGE = 1 << 20;

/** How each file is compressed, by what its sibling's name ends in. */
const COMPRESSED = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: bytes.length > LARGE ? 9 : constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
};

/** Browsers without nested rules get them unrolled. */
const CSS_TARGET = ["chrome111", "firefox113", "safari16.2"];

/** A style sheet with all that it imports, small, as a string for the page to adopt. */
const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = await build({ ...common, entryPoints: [path], write: false, minify: true, target: CSS_TARGET, legalComments: "none" });
      return { contents: sheet.outputFiles[0].text, loader: "text" };
    });
  },
};

/** The decoders' arithmetic, compiled from kernels/, for browsers with relaxed SIMD and for those without. */
const VARIANTS = { plain: [], relaxed: ["--enable", "relaxed-simd"] };

async function compiledKernels(variant) {
  let binary = null;
  const files = { readFile: (name) => readFile(join(root, "kernels", name), "utf8").catch(() => null), writeFile: (_, bytes) => void (binary = bytes), listFiles: () => [] };
  const flags = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--disableWarning", "112", "--enable", "simd", ...VARIANTS[variant]];
  const { error, stderr } = await asc.main(["kernels.ts", "--outFile", "kernels.wasm", ...flags], files);
  if (error || !binary) throw new Error(`${stderr}`, { cause: error });
  return binary;
}

/** What is compiled once is the same in every bundle. */
const compilations = new Map();

const kernels = {
  name: "kernels",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^kernels:/ }, ({ path }) => ({ path: path.slice("kernels:".length), namespace: "kernels" }));
    onLoad({ filter: /./, namespace: "kernels" }, async ({ path }) => {
      if (!compilations.has(path)) compilations.set(path, compiledKernels(path));
      return { contents: await compilations.get(path), loader: "binary" };
    });
  },
};

/** Writes beside the target and renames, so that a server never sees half a file. */
async function writeWhole(path, bytes) {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}

/** Stores bytes as stem.<hash>.extension with its siblings; what is there already is right by its name. */
async function store(stem, extension, bytes, present) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const name = `${stem}.${hash}.${extension}`;
  if (!present.has(name)) await writeWhole(join(dist, name), bytes);
  for (const [ending, compress] of Object.entries(COMPRESSED)) {
    if (!present.has(`${name}.${ending}`)) await writeWhole(join(dist, `${name}.${ending}`), await compress(bytes));
  }
  return name;
}

async function bundle(entry) {
  const result = await build({ ...common, plugins: [styles, kernels], entryPoints: [entry], write: false, minify: true, legalComments: "none" });
  return result.outputFiles[0].contents;
}

async function buildAssets() {
  await mkdir(dist, { recursive: true });
  const present = new Set(await readdir(dist));
  const [runtime, gpuRuntime] = ["", ".asyncify"].map((build) => createRequire(import.meta.url).resolve(`onnxruntime-web/ort-wasm-simd-threaded${build}.wasm`));
  const [component, runs, worker, ort, wasm, ortGpu, wasmGpu] = await Promise.all([
    bundle("src/component.ts"),
    bundle("src/runs/component.ts"),
    bundle("src/engine/worker.ts"),
    bundle("src/engine/onnxruntime.ts"),
    readFile(runtime),
    bundle("src/engine/onnxruntimeGpu.ts"),
    readFile(gpuRuntime),
  ]);
  const assets = {
    component: await store("component", "js", component, present),
    runs: await store("runs", "js", runs, present),
    worker: await store("worker", "js", worker, present),
    ort: await store("ort", "js", ort, present),
    wasm: await store(basename(runtime, ".wasm"), "wasm", wasm, present),
    ort_gpu: await store("ort-gpu", "js", ortGpu, present),
    wasm_gpu: await store(basename(gpuRuntime, ".wasm"), "wasm", wasmGpu, present),
  };
  await writeWhole(join(dist, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);
  const wanted = new Set(["assets.json", ...Object.values(assets).flatMap((name) => [name, ...Object.keys(COMPRESSED).map((ending) => `${name}.${ending}`)])]);
  const stale = [...present].filter((name) => !wanted.has(name));
  await Promise.all(stale.map((name) => rm(join(dist, name), { recursive: true, force: true })));
}

async function buildTests() {
  const tests = (await readdir(join(root, "tests"))).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    plugins: [styles, kernels],
    entryPoints: tests.map((name) => join("tests", name)),
    outdir: join(dist, "tests"),
    outExtension: { ".js": ".mjs" },
    platform: "node",
    sourcemap: "inline",
  });
}

await (process.argv.includes("--tests") ? buildTests() : buildAssets());
