/** A linear layer as torch keeps it: `weight` (out, in) and `bias` (out). */
export interface Linear {
  readonly weight: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

export type Activation = "relu" | "tanh" | "silu";

/**
 * One coordinate stays, and tells how the other is scaled and shifted: x[moved] = z[moved]·exp(s) + t, where the network's
 * two outputs for z[kept] are (raw, t), and s = bound·tanh(raw / bound), or raw without a bound (L. Dinh et al. 2017, section 3.2).
 */
export interface CouplingRecord {
  readonly kind: "coupling";
  readonly kept: 0 | 1;
  readonly activation: Activation;
  readonly bound: number | null;
  readonly network: readonly Linear[];
}

/** x = z·scale + shift, coordinate by coordinate; the scales are positive. */
export interface AffineRecord {
  readonly kind: "affine";
  readonly scale: readonly [number, number];
  readonly shift: readonly [number, number];
}

export type LayerRecord = CouplingRecord | AffineRecord;

/** What torch finds of the points that go along with a flow: their mean log likelihood, in nats a point. */
export interface Likelihood {
  readonly mean: number;
  readonly standardError: number;
  /** How many points that is the mean of. */
  readonly of: number;
}

/** A flow of the plane: its layers from N(0, I) to the data, and some points as it was fitted to. */
export interface FlowRecord {
  readonly version: 1;
  readonly name: string;
  readonly layers: readonly LayerRecord[];
  readonly data: readonly (readonly [number, number])[];
  readonly logLikelihood: Likelihood | null;
}

const ACTIVATIONS: readonly string[] = ["relu", "tanh", "silu"] satisfies readonly Activation[];

type Unknown = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Unknown => typeof value === "object" && value !== null && !Array.isArray(value);
const isNumbers = (value: unknown, length: number): boolean =>
  Array.isArray(value) && value.length === length && value.every((entry) => Number.isFinite(entry));

/** Checks what came as JSON; raises a TypeError that says what is wrong. */
export function readFlow(value: unknown): FlowRecord {
  if (!isObject(value) || value["version"] !== 1) throw new TypeError("This is no record of a flow.");
  const { name, layers, data, logLikelihood } = value;
  if (typeof name !== "string") throw new TypeError("The flow has no name.");
  if (!Array.isArray(layers) || layers.length === 0 || !layers.every(isLayer)) throw new TypeError("A layer of the flow is not made as it should be.");
  if (!Array.isArray(data) || !data.every((point) => isNumbers(point, 2))) throw new TypeError("The flow's data are not points of the plane.");
  if (logLikelihood !== null && !isLikelihood(logLikelihood)) throw new TypeError("The flow's log-likelihood is not told as it should be.");
  return value as unknown as FlowRecord;
}

function isLikelihood(value: unknown): boolean {
  return isObject(value) && isNumbers([value["mean"], value["standardError"], value["of"]], 3);
}

function isLayer(layer: unknown): boolean {
  if (!isObject(layer)) return false;
  if (layer["kind"] === "affine") return isNumbers(layer["scale"], 2) && (layer["scale"] as number[]).every((scale) => scale > 0) && isNumbers(layer["shift"], 2);
  const { kind, kept, activation, bound, network } = layer;
  const isBound = bound === null || (Number.isFinite(bound) && (bound as number) > 0);
  return kind === "coupling" && (kept === 0 || kept === 1) && ACTIVATIONS.includes(String(activation)) && isBound && isNetwork(network);
}

/** Whether linear layers lead from one number to two. */
function isNetwork(network: unknown): boolean {
  if (!Array.isArray(network)) return false;
  let width = 1;
  for (const linear of network) {
    if (!isObject(linear)) return false;
    const { weight, bias } = linear;
    if (!Array.isArray(weight) || !isNumbers(bias, weight.length) || !weight.every((row) => isNumbers(row, width))) return false;
    width = weight.length;
  }
  return network.length > 0 && width === 2;
}
