import { Network } from "./network";
import type { AffineRecord, CouplingRecord, FlowRecord, LayerRecord } from "./record";

export type Pair = readonly [number, number];

/** What a layer does to one point: x = z·exp(s) + t, coordinate by coordinate. */
export interface Move {
  readonly logScale: Pair;
  readonly shift: Pair;
}

interface Layer {
  /** What it does to a point; the same on either side of it, for it depends on what stays alone. */
  moveOf(place: Pair): Move;
}

class Coupling implements Layer {
  private readonly network: Network;

  constructor(private readonly record: CouplingRecord) {
    this.network = new Network(record.network, record.activation);
  }

  moveOf(place: Pair): Move {
    const { kept, bound } = this.record;
    const [raw, shift] = this.network.outputs(place[kept]) as unknown as Pair;
    const logScale = bound === null ? raw : bound * Math.tanh(raw / bound);
    return kept === 0 ? { logScale: [0, logScale], shift: [0, shift] } : { logScale: [logScale, 0], shift: [shift, 0] };
  }
}

class Affine implements Layer {
  private readonly move: Move;

  constructor({ scale, shift }: AffineRecord) {
    this.move = { logScale: [Math.log(scale[0]), Math.log(scale[1])], shift };
  }

  moveOf(): Move {
    return this.move;
  }
}

const layerOf = (record: LayerRecord): Layer => (record.kind === "coupling" ? new Coupling(record) : new Affine(record));

/** A share (0 to 1) of a move: x = z·exp(share·s) + share·t, which can be undone whatever the share. */
function moved([first, second]: Pair, { logScale, shift }: Move, share = 1): Pair {
  return [first * Math.exp(share * logScale[0]) + share * shift[0], second * Math.exp(share * logScale[1]) + share * shift[1]];
}

function movedBack([first, second]: Pair, { logScale, shift }: Move, share: number): Pair {
  return [(first - share * shift[0]) * Math.exp(-share * logScale[0]), (second - share * shift[1]) * Math.exp(-share * logScale[1])];
}

/** A point, and log |det| of the derivative of the way that it has gone. */
export interface Carried {
  readonly place: Pair;
  readonly logDet: number;
}

/** The log density of N(0, I) in the plane. */
export const logBase = ([first, second]: Pair): number => -(first * first + second * second) / 2 - Math.log(2 * Math.PI);

/** A map of the plane onto itself that can be undone: layers one after another, or the first `depth` of them, a share of one included. */
export class Flow {
  private readonly layers: readonly Layer[];

  constructor(record: FlowRecord) {
    this.layers = record.layers.map(layerOf);
  }

  get depth(): number {
    return this.layers.length;
  }

  /** x = f(z), through the first `depth` layers. */
  forward(base: Pair, depth = this.depth): Carried {
    let [place, logDet] = [base, 0];
    for (let index = 0; index < Math.ceil(depth); index++) {
      const share = Math.min(1, depth - index);
      const move = this.layers[index]!.moveOf(place);
      logDet += share * (move.logScale[0] + move.logScale[1]);
      place = moved(place, move, share);
    }
    return { place, logDet };
  }

  /** z = f⁻¹(x), and log |det| of the derivative of f, not of its inverse. */
  inverse(place: Pair, depth = this.depth): Carried {
    let [at, logDet] = [place, 0];
    for (let index = Math.ceil(depth) - 1; index >= 0; index--) {
      const share = Math.min(1, depth - index);
      const move = this.layers[index]!.moveOf(at);
      logDet += share * (move.logScale[0] + move.logScale[1]);
      at = movedBack(at, move, share);
    }
    return { place: at, logDet };
  }

  /** log p(x) = log N(f⁻¹(x); 0, I) - log |det ∂f/∂z|: the change of variables. */
  logDensity(place: Pair, depth = this.depth): number {
    const { place: base, logDet } = this.inverse(place, depth);
    return logBase(base) - logDet;
  }

  /** Points on their way through all layers, for a hand on the depth: what each layer does to each point is computed once. */
  stations(points: readonly Pair[]): Stations {
    return new Stations(this.layers, points);
  }
}

export class Stations {
  /** For each whole number of layers, where the points are, and what the next layer does to them. */
  private readonly places: readonly (readonly Pair[])[];
  private readonly moves: readonly (readonly Move[])[];

  constructor(layers: readonly Layer[], points: readonly Pair[]) {
    const places = [points];
    const moves: Move[][] = [];
    for (const layer of layers) {
      const before = places.at(-1)!;
      const next = before.map((place) => layer.moveOf(place));
      moves.push(next);
      places.push(before.map((place, index) => moved(place, next[index]!)));
    }
    this.places = places;
    this.moves = moves;
  }

  /** Where the points are after `depth` layers. */
  at(depth: number): readonly Pair[] {
    const whole = Math.floor(depth);
    const before = this.places[whole]!;
    const moves = this.moves[whole];
    return moves && depth > whole ? before.map((place, index) => moved(place, moves[index]!, depth - whole)) : before;
  }
}
