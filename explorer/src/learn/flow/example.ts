import type { CouplingRecord, FlowRecord, Linear } from "./record";

/** Two units bent at 0 either way: silu(kz) + silu(-kz) = kz·tanh(kz / 2), a smooth |kz|. */
function bent(sharpness: number): Linear {
  return { weight: [[sharpness], [-sharpness]], bias: [0, 0] };
}

/** A shift by `amount`·|kz|, and log scales by `tilt`·kz (silu(kz) - silu(-kz) = kz). */
function bend(kept: 0 | 1, sharpness: number, amount: number, offset: number, tilt: number): CouplingRecord {
  const outputs: Linear = { weight: [[tilt, -tilt], [amount, amount]], bias: [0, offset] };
  return { kind: "coupling", kept, activation: "silu", bound: 1, network: [bent(sharpness), outputs] };
}

/** A shift to one side above, to the other below, as a snake has it. */
function wave(kept: 0 | 1, sharpness: number, amount: number): CouplingRecord {
  const units: Linear = { weight: [[sharpness], [sharpness]], bias: [0.8 * sharpness, -0.8 * sharpness] };
  return { kind: "coupling", kept, activation: "tanh", bound: 1, network: [units, { weight: [[0, 0], [amount, amount]], bias: [0, 0] }] };
}

/** A flow whose weights were set by hand: a banana, bent once more. There is no data behind it. */
export const BY_HAND: FlowRecord = {
  version: 1,
  name: "A banana, set by hand",
  layers: [
    { kind: "affine", scale: [1.2, 0.45], shift: [0, 0] },
    bend(0, 1.4, 0.7, -1.1, 0),
    wave(1, 1.2, 0.6),
    bend(0, 1, 0, 0, 0.25),
  ],
  data: [],
  logLikelihood: null,
};
