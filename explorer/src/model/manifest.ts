import { Failure } from "../base/failure";
import type { Bounds } from "../base/geometry";
import type { GroundLimits } from "../plane/knownGround";

export interface FileEntry {
  readonly path: string;
  readonly bytes: number;
}

export interface ArrayEntry extends FileEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A sheet of small pictures, row by row. */
export interface ThumbnailsEntry extends FileEntry {
  readonly tile: number;
  readonly columns: number;
  readonly rows: number;
}

const METHODS = ["umap", "pca", "axes"] as const;
export type MapMethod = (typeof METHODS)[number];

// Of a model that was trained elsewhere nobody may know it.
const LIKELIHOODS = ["bernoulli", "continuous-bernoulli", "gaussian", "laplace", "unknown"] as const;
const COVARIANCES = ["diagonal", "full"] as const;
const FRAMINGS = ["mass", "box", "crop", "padded"] as const;
const GROUNDS = ["white", "black"] as const;
const DECODED = ["draws", "latents"] as const;
const PRIORS = ["mixture", "flow"] as const;

export type Likelihood = (typeof LIKELIHOODS)[number];

/** What form the covariance of q(z|x) has. */
export type Covariance = (typeof COVARIANCES)[number];

/** How a picture of one's own becomes like the data's images: its bright part scaled and put in the middle by its
 * centre of mass (as in MNIST) or by its bounding box, filling the frame; its middle square kept; or all of it, on a
 * square ground of its outline's colour. */
export type Framing = (typeof FRAMINGS)[number];

/** What lies behind the transparent parts of pictures. */
export type Ground = (typeof GROUNDS)[number];

/** The bytes that are black and white. */
export type Levels = readonly [low: number, high: number];

/** What `manifest.json` says of one model's explorer files. */
export interface Manifest {
  readonly name: string;
  readonly model: {
    readonly posterior: Covariance;
    readonly likelihood: Likelihood;
    /** A pixel's, of the likelihoods gaussian and laplace; null for the others. */
    readonly variance: number | null;
    readonly latent_dim: number;
    readonly image_size: number;
    readonly channels: number;
  };
  readonly data: {
    readonly name: string;
    /** With the fingerprint it says whose images these are: the same two, the same images in the same order. */
    readonly split: string;
    readonly fingerprint: string;
    readonly class_names: readonly string[];
    /** What the images were decoded from, where nobody has handed in any. */
    readonly decoded?: (typeof DECODED)[number];
    readonly framing: Framing;
    /** Mean brightness of the images' border, 0 to 1. */
    readonly background: number;
    /** Of the framings crop and padded, as are the levels. */
    readonly ground: Ground;
    readonly levels: Levels;
    /** The same of numbers of more than eight bits. */
    readonly whole_levels: Levels;
    /** The model sees 0 and 1 alone. */
    readonly binarised: boolean;
  };
  readonly map: {
    readonly method: MapMethod;
    readonly axes: readonly [number, number] | null;
    readonly count: number;
    readonly total: number;
    readonly sampled: boolean;
    readonly bounds: readonly [number, number, number, number];
    readonly trustworthiness: number | null;
    readonly round_trip_error: number | null;
    /** The point to begin with, its latent and where it is: the first manifests leave these two to be looked up. */
    readonly start: number;
    readonly start_latent?: readonly number[] | null;
    readonly start_position?: readonly number[] | null;
    readonly class_counts: readonly number[];
  };
  readonly latent: {
    readonly mean: readonly number[];
    readonly standard_deviation: readonly number[];
    /** Null where nobody tells the posteriors. */
    readonly kl_per_dimension: readonly number[] | null;
    readonly order: readonly number[];
    readonly active: readonly boolean[];
    /** The factor of the data's table that a dimension holds, and which share of it; only where one holds any. */
    readonly factors?: readonly ({ readonly name: string; readonly share: number } | null)[] | null;
  };
  /** Null where there is no prior that knows the data. */
  readonly ground?: GroundLimits | null;
  /** Only where it was learned along with the model: a mixture, or a flow of coupling layers of a width. */
  readonly prior?: { readonly kind: (typeof PRIORS)[number]; readonly couplings: number | null; readonly units: number | null } | null;
  readonly files: {
    readonly decoder: FileEntry;
    /** Only of models that were trained elsewhere there may be none. */
    readonly encoder?: FileEntry;
    readonly points: ArrayEntry;
    /** The points' places in the data set's split; maps of before there were any do not say which images they show. */
    readonly indices?: ArrayEntry;
    readonly latents: ArrayEntry;
    /** What the way from the map back to latents is fitted to, where that is not the latents. */
    readonly plane_latents?: ArrayEntry;
    readonly log_variances?: ArrayEntry;
    /** The prior that knows the data, see `Mixture` and `Flow`. */
    readonly prior?: ArrayEntry;
    readonly labels: ArrayEntry;
    /** Of posteriors that somebody tells. */
    readonly kl?: ArrayEntry;
    /** Of images that were not decoded themselves. */
    readonly reconstruction_error?: ArrayEntry;
    /** One sheet in the order of the points, or several full ones and a last one, by place: see `placesOnSheets`. */
    readonly thumbnails: readonly ThumbnailsEntry[];
  };
}

const FORMAT = 1;
const FILES: readonly (keyof Manifest["files"])[] = [
  "decoder",
  "points",
  "latents",
  "labels",
];

/** Files that some manifests do not name: the first ones, or those of models and maps that have no such thing. */
const LATER_FILES = ["encoder", "indices", "plane_latents", "log_variances", "prior", "kl", "reconstruction_error"] as const;

/** Of the first manifests, which name none of these. */
const AS_USUAL = { ground: "white", levels: [0, 255], whole_levels: [0, 65_535], binarised: false };

type Fields = Record<string, unknown>;

function reject(field: string): never {
  throw new Failure(
    "This model's explorer files cannot be read.",
    `manifest.json has no valid “${field}”.`,
    "Export the explorer files again: python -m vae_core export DIR --format explorer.",
  );
}

function fields(owner: Fields, name: string): Fields {
  const value = owner[name];
  return typeof value === "object" && value !== null ? (value as Fields) : reject(name);
}

function list(owner: Fields, name: string, length: number): void {
  const value = owner[name];
  if (!Array.isArray(value) || value.length !== length) reject(name);
}

function count(owner: Fields, name: string): number {
  const value = owner[name];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : reject(name);
}

function oneOf(owner: Fields, name: string, values: readonly unknown[]): void {
  if (!values.includes(owner[name])) reject(name);
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function within(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

/** Checks what the explorer relies on, so that a bad file is named here and not met later as NaN. */
export function parseManifest(value: unknown): Manifest {
  if (typeof value !== "object" || value === null) reject("format");
  const manifest = value as Fields;
  if (manifest["format"] !== FORMAT) {
    throw new Failure(
      "This model's explorer files are of another version.",
      `Their format is ${String(manifest["format"])}; this page reads format ${FORMAT}.`,
      "Export the explorer files again with the installed version.",
    );
  }
  const model = fields(manifest, "model");
  const latentDim = count(model, "latent_dim");
  count(model, "image_size");
  count(model, "channels");
  oneOf(model, "posterior", COVARIANCES);
  oneOf(model, "likelihood", LIKELIHOODS);
  const { variance } = model;
  const has = model["likelihood"] === "gaussian" || model["likelihood"] === "laplace";
  const fitting = has ? within(variance, Number.MIN_VALUE, Number.MAX_VALUE) : variance === null;
  if (!fitting) reject("model.variance");
  const map = fields(manifest, "map");
  const points = count(map, "count");
  list(map, "bounds", 4);
  oneOf(map, "method", METHODS);
  if (map["method"] === "axes" && !Array.isArray(map["axes"])) reject("map.axes");
  if (count(map, "start") >= points) reject("map.start");
  for (const [name, length] of [["start_latent", latentDim], ["start_position", 2]] as const) {
    const numbers = map[name] ?? null;
    if (numbers !== null && !(Array.isArray(numbers) && numbers.length === length && numbers.every(isNumber))) reject(`map.${name}`);
  }
  const data: Fields = { ...AS_USUAL, ...fields(manifest, "data") };
  for (const name of ["split", "fingerprint"]) if (typeof data[name] !== "string") reject(`data.${name}`);
  if (!Array.isArray(data["class_names"])) reject("data.class_names");
  oneOf(data, "framing", FRAMINGS);
  if (!within(data["background"], 0, 1)) reject("data.background");
  oneOf(data, "ground", GROUNDS);
  if (typeof data["binarised"] !== "boolean") reject("data.binarised");
  if ("decoded" in data) oneOf(data, "decoded", DECODED);
  for (const name of ["levels", "whole_levels"]) {
    list(data, name, 2);
    const [low, high] = data[name] as unknown[];
    if (!isNumber(low) || !isNumber(high) || low >= high) reject(`data.${name}`);
  }
  const latent = fields(manifest, "latent");
  for (const name of ["mean", "standard_deviation", "order", "active"]) list(latent, name, latentDim);
  if ((latent["kl_per_dimension"] ?? null) !== null) list(latent, "kl_per_dimension", latentDim);
  if ((latent["factors"] ?? null) !== null) checkFactors(latent, latentDim);
  const ground = (manifest["ground"] ?? null) as Fields | null;
  if (ground !== null && !["log_density", "distance"].every((name) => isNumber(ground[name]))) reject("ground");
  const prior = (manifest["prior"] ?? null) as Fields | null;
  if (prior !== null) checkPrior(prior);
  const files = fields(manifest, "files");
  if (prior !== null && !("prior" in files)) reject("files.prior");
  for (const name of [...FILES, ...LATER_FILES.filter((role) => role in files)]) checkFile(fields(files, name), `files.${name}`);
  const thumbnails = sheetsOf(files["thumbnails"], points);
  return { ...manifest, data, files: { ...files, thumbnails } } as unknown as Manifest;
}

/** Each dimension holds none, or one by its name. */
function checkFactors(latent: Fields, latentDim: number): void {
  list(latent, "factors", latentDim);
  for (const factor of latent["factors"] as (Fields | null)[]) {
    if (factor !== null && !(typeof factor?.["name"] === "string" && within(factor["share"], 0, 1))) reject("latent.factors");
  }
}

/** A flow has coupling layers of a width, and nothing else has. */
function checkPrior(prior: Fields): void {
  oneOf(prior, "kind", PRIORS);
  for (const name of ["couplings", "units"]) {
    if (prior["kind"] === "flow" ? count(prior, name) === 0 : (prior[name] ?? null) !== null) reject(`prior.${name}`);
  }
}

function checkFile(file: Fields, name: string): void {
  if (typeof file["path"] !== "string") reject(`${name}.path`);
  count(file, "bytes");
}

/** The sheets of small pictures; the first manifests name a single one. */
function sheetsOf(value: unknown, points: number): readonly Fields[] {
  const sheets = (Array.isArray(value) ? value : [value]).map((sheet: unknown) => fields({ "files.thumbnails": sheet }, "files.thumbnails"));
  let room = 0;
  for (const sheet of sheets) {
    checkFile(sheet, "files.thumbnails");
    if (sheet["tile"] !== sheets[0]!["tile"] || sheet["columns"] !== sheets[0]!["columns"] || count(sheet, "tile") === 0) reject("files.thumbnails.tile");
    const [rows, most] = [count(sheet, "rows"), count(sheets[0]!, "rows")];
    if (rows > most || (rows < most && sheet !== sheets.at(-1))) reject("files.thumbnails.rows");
    room += count(sheet, "columns") * rows;
  }
  if (room < points) reject("files.thumbnails");
  return sheets;
}

export function mapBounds(manifest: Manifest): Bounds {
  const [left, bottom, right, top] = manifest.map.bounds;
  return { left, bottom, right, top };
}

const digitsOf = ({ path }: FileEntry): string => (path.split(".")[1] ?? "").slice(0, 8);

/** A model in an address: the first digits of its decoder's hash. */
export const decoderDigits = ({ files }: Manifest): string => digitsOf(files.decoder);

/** A model's map in an address: positions and points' numbers are worth nothing on another. */
export const mapDigits = ({ files }: Manifest): string => digitsOf(files.points);
