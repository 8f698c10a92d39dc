// Bundles the explorer into dist/ under content-hashed names, with a brotli and a gzip sibling for every file it serves.
//   node build.mjs           the components, the worker, the WebAssembly runtime and assets.json; the published site and site.json
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
  loader: { ".woff2": "binary" },
  logLevel: "warning",
};

/** Browsers without nested rules get them unrolled. */
const CSS_TARGET = ["chrome111", "firefox113", "safari16.2"];

/** A style sheet with all that it imports, small, as a string for the page to adopt. */
const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = await build({ ...common, plugins: [formulaStyles], entryPoints: [path], write: false, minify: true, target: CSS_TARGET, legalComments: "none" });
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

/** A name that changes with the content. */
function hashedName(stem, extension, bytes) {
  return `${stem}.${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.${extension}`;
}

/** Stores bytes as stem.<hash>.extension with its siblings. */
const store = (stem, extension, bytes, present) => storeAs(hashedName(stem, extension, bytes), bytes, present);

/** Stores bytes under a name that changes with them; what is there already is right by its name. */
async function storeAs(name, bytes, present) {
  if (!present.has(name)) await writeWhole(join(dist, name), bytes);
  for (const [ending, compress] of Object.entries(COMPRESSED)) {
    if (!present.has(`${name}.${ending}`)) await writeWhole(join(dist, `${name}.${ending}`), await compress(bytes));
  }
  return name;
}

/** KaTeX's own rules for its fonts would have them fetched; the page is handed them as bytes. */
const formulaStyles = {
  name: "formulaStyles",
  setup({ onLoad }) {
    onLoad({ filter: /katex\.css$/ }, async ({ path }) => ({ contents: (await readFile(path, "utf8")).replace(/@font-face\s*\{[^}]*\}/g, ""), loader: "css" }));
  },
};

const small = { ...common, plugins: [styles, kernels], write: false, minify: true, legalComments: "none" };

async function bundle(entry, define = {}) {
  const result = await build({ ...small, define, entryPoints: [entry] });
  return result.outputFiles[0].contents;
}

/** A script, and in files of their own what it fetches only when it is asked for: names to bytes, the script's first. */
async function splitBundle(entry, name, define = {}) {
  const result = await build({ ...small, define, entryPoints: [{ in: entry, out: name }], splitting: true, outdir: "out", entryNames: "[name].[hash]", chunkNames: "[name].[hash]", metafile: true });
  const isEntry = ({ path }) => Object.entries(result.metafile.outputs).some(([output, { entryPoint }]) => entryPoint === entry && path.endsWith(output));
  const files = [...result.outputFiles].sort((a, b) => isEntry(b) - isEntry(a));
  return files.map(({ path, contents }) => [basename(path), contents]);
}

/**
 * What a published site is made of, but its models: dist/site/, and dist/site.json, which says for each path in the site
 * which file of dist it is: "page" always, "onnxruntime" for models whose graphs need it.
 */
async function buildSite({ worker, ort, wasm }) {
  const folder = join(dist, "site");
  const unfinished = `${folder}.${process.pid}.tmp`;
  const define = { BUILT: JSON.stringify({ worker, ort, wasm }) };
  const read = (name) => readFile(join(root, name));
  const [scripts, door, css, icon, page] = await Promise.all([
    splitBundle("src/site/site.ts", "site", define),
    bundle("src/door.ts", define),
    build({ ...common, entryPoints: ["site.css"], write: false, minify: true, target: CSS_TARGET }).then(({ outputFiles }) => outputFiles[0].contents),
    read("../ui/icon.svg"),
    read("site.html"),
  ]);
  const names = { SCRIPT: scripts[0][0], STYLE: hashedName("site", "css", css), ICON: hashedName("icon", "svg", icon) };
  const html = Object.entries(names).reduce((text, [word, name]) => text.replace(`assets/${word}`, `assets/${name}`), page.toString());
  const files = new Map([["index.html", html], ["explorer.js", door], [`assets/${names.STYLE}`, css], [`assets/${names.ICON}`, icon], ...scripts.map(([name, bytes]) => [`assets/${name}`, bytes])]);
  await mkdir(join(unfinished, "assets"), { recursive: true });
  await Promise.all([...files].map(([name, bytes]) => writeFile(join(unfinished, name), bytes)));
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  const inSite = Object.fromEntries([...files.keys()].map((name) => [name, `site/${name}`]));
  const onnxruntime = Object.fromEntries([ort, wasm].map((name) => [`assets/${name}`, name]));
  const listing = { page: { ...inSite, [`assets/${worker}`]: worker }, onnxruntime };
  await writeWhole(join(dist, "site.json"), `${JSON.stringify(listing, null, 2)}\n`);
}

async function buildAssets() {
  await mkdir(dist, { recursive: true });
  const present = new Set(await readdir(dist));
  const [runtime, gpuRuntime] = ["", ".asyncify"].map((build) => createRequire(import.meta.url).resolve(`onnxruntime-web/ort-wasm-simd-threaded${build}.wasm`));
  const [component, compare, runs, [learn, ...lessons], worker, ort, wasm, ortGpu, wasmGpu] = await Promise.all([
    bundle("src/component.ts"),
    bundle("src/compare/component.ts"),
    bundle("src/runs/component.ts"),
    splitBundle("src/learn/component.ts", "learn"),
    bundle("src/engine/worker.ts"),
    bundle("src/engine/onnxruntime.ts"),
    readFile(runtime),
    bundle("src/engine/onnxruntimeGpu.ts"),
    readFile(gpuRuntime),
  ]);
  const assets = {
    component: await store("component", "js", component, present),
    compare: await store("compare", "js", compare, present),
    runs: await store("runs", "js", runs, present),
    learn: await storeAs(...learn, present),
    worker: await store("worker", "js", worker, present),
    ort: await store("ort", "js", ort, present),
    wasm: await store(basename(runtime, ".wasm"), "wasm", wasm, present),
    ort_gpu: await store("ort-gpu", "js", ortGpu, present),
    wasm_gpu: await store(basename(gpuRuntime, ".wasm"), "wasm", wasmGpu, present),
  };
  // Fetched by the page of lessons, by their names, when they are needed.
  for (const [name, bytes] of lessons) assets[`learn/${name}`] = await storeAs(name, bytes, present);
  await writeWhole(join(dist, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);
  await buildSite(assets);
  const wanted = new Set(["assets.json", "site", "site.json", ...Object.values(assets).flatMap((name) => [name, ...Object.keys(COMPRESSED).map((ending) => `${name}.${ending}`)])]);
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
