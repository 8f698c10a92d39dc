/** A way through latent space: stop k at t = k; beyond its ends it goes on as it was going. */
export type Path = (t: number) => Float32Array;

type Latents = readonly Float32Array[];

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let dimension = 0; dimension < a.length; dimension++) sum += a[dimension]! * b[dimension]!;
  return sum;
}

const length = (vector: Float32Array): number => Math.sqrt(inner(vector, vector));
const scaled = (vector: Float32Array, factor: number): Float32Array => vector.map((value) => value * factor);
const between = (a: Float32Array, b: Float32Array, share: number): Float32Array =>
  share === 0 ? a.slice() : share === 1 ? b.slice() : a.map((value, dimension) => value + share * (b[dimension]! - value));

/** The segment that holds t, the first or the last one beyond the ends, and how far along it t is. */
function segment(t: number, count: number): { readonly index: number; readonly share: number } {
  const index = Math.min(Math.max(Math.floor(t), 0), count - 2);
  return { index, share: t - index };
}

/** Straight lines from stop to stop. */
export function line(stops: Latents): Path {
  return (t) => {
    const { index, share } = segment(t, stops.length);
    return between(stops[index]!, stops[index + 1]!, share);
  };
}

/** Great circles from stop to stop (White 2016): the direction turns evenly, the length changes evenly. */
export function slerp(stops: Latents): Path {
  const arcs = stops.slice(1).map((stop, index) => greatCircle(stops[index]!, stop));
  return (t) => {
    const { index, share } = segment(t, stops.length);
    return arcs[index]!(share);
  };
}

/** Nearer to each other than this, in radians, directions are joined by a straight line. */
const SAME = 1e-4;

function greatCircle(a: Float32Array, b: Float32Array): Path {
  const straight: Path = (share) => between(a, b, share);
  const [from, to] = [length(a), length(b)];
  if (a.length === 1 || from === 0 || to === 0) return straight; // a line has no room to turn
  const [start, end] = [scaled(a, 1 / from), scaled(b, 1 / to)];
  const cosine = inner(start, end);
  const sine = length(end.map((value, dimension) => value - cosine * start[dimension]!));
  const angle = Math.atan2(sine, cosine);
  if (angle < SAME) return straight;
  const across = sine > SAME ? perpendicular(end, start) : perpendicular(leastAxis(start), start);
  return (share) => {
    if (share === 0) return a.slice();
    if (share === 1) return b.slice();
    const reached = from + share * (to - from);
    const [along, aside] = [reached * Math.cos(share * angle), reached * Math.sin(share * angle)];
    return start.map((value, dimension) => along * value + aside * across[dimension]!);
  };
}

/** The part of a vector that is perpendicular to a direction, at length 1. */
function perpendicular(vector: Float32Array, direction: Float32Array): Float32Array {
  const along = inner(vector, direction);
  const rest = vector.map((value, dimension) => value - along * direction[dimension]!);
  return scaled(rest, 1 / length(rest));
}

/** The axis that a direction has least of: opposite stops leave open which way round to go, this settles it. */
function leastAxis(direction: Float32Array): Float32Array {
  const sizes = direction.map(Math.abs);
  return new Float32Array(direction.length).with(sizes.indexOf(Math.min(...sizes)), 1);
}

/**
 * A path through many points, `each` of them for every stop but the first. Beyond its ends it goes straight on, as
 * fast as the end segment is long, however long its last piece is.
 */
export function polyline(points: Latents, each: number): Path {
  const straight = line(points);
  const last = (points.length - 1) / each;
  const [before, after] = [outward(points.slice(0, each + 1)), outward(points.slice(-each - 1).reverse())];
  return (t) => {
    const beyond = t < 0 ? -t : Math.max(0, t - last);
    const way = t < 0 ? before : after;
    const inside = straight(Math.min(Math.max(t, 0), last) * each);
    return beyond === 0 ? inside : inside.map((value, dimension) => value + beyond * way[dimension]!);
  };
}

/** From a segment's first point away from its second, as long as the whole segment. */
function outward(points: Latents): Float32Array {
  const steps = points.slice(1).map((point, index) => point.map((value, dimension) => value - points[index]![dimension]!));
  const lengths = steps.map(length);
  const total = lengths.reduce((sum, step) => sum + step, 0);
  return scaled(steps[0]!, lengths[0]! > 0 ? -total / lengths[0]! : 0);
}

/** What carries latents to a space of its own and back. */
export interface Space {
  toBase(latent: Float32Array): Float32Array;
  toData(base: Float32Array): Float32Array;
}

/** Places of a segment that are carried; between them it is straight. */
const CARRIED = 16;

/** Straight lines in a space of their own, carried back: what no hand has changed is carried once. */
export class CarriedLines {
  private readonly segments = new WeakMap<Float32Array, WeakMap<Float32Array, Path>>();

  constructor(private readonly space: Space) {}

  /** From stop to stop, each of which it meets to the last bit. */
  through(stops: Latents): Path {
    const segments = stops.slice(1).map((stop, index) => this.segment(stops[index]!, stop));
    return (t) => {
      const { index, share } = segment(t, stops.length);
      return segments[index]!(share);
    };
  }

  /** Latents between four corners, row by row, each corner met to the last bit. */
  grid(corners: Latents, side: number): Float32Array[] {
    const { space } = this;
    const last = side - 1;
    const given = new Map([0, last, side * last, side * side - 1].map((tile, corner) => [tile, corners[corner]!]));
    const bases = gridBetween(corners.map((corner) => space.toBase(corner)), side, line);
    return bases.map((base, tile) => given.get(tile)?.slice() ?? space.toData(base));
  }

  private segment(from: Float32Array, to: Float32Array): Path {
    const begun = this.segments.get(from) ?? new WeakMap<Float32Array, Path>();
    const known = begun.get(to) ?? this.carried(from, to);
    this.segments.set(from, begun.set(to, known));
    return known;
  }

  private carried(from: Float32Array, to: Float32Array): Path {
    const { space } = this;
    const [start, end] = [space.toBase(from), space.toBase(to)];
    const places = (first: number, count: number): Float32Array[] => Array.from({ length: count }, (_, place) => space.toData(between(start, end, (first + place) / CARRIED)));
    const inside = line([from, ...places(1, CARRIED - 1), to]);
    // What lies beyond the ends is carried once as well, but only when it is asked for.
    let before: Path | null = null;
    let after: Path | null = null;
    return (share) => {
      if (share < 0) return (before ??= line([...places(-CARRIED, CARRIED), from]))((share + 1) * CARRIED);
      if (share > 1) return (after ??= line([to, ...places(CARRIED + 1, CARRIED)]))((share - 1) * CARRIED);
      return inside(share * CARRIED);
    };
  }
}

/** Equal steps for a path: its samples' parameters, and the way covered up to each of them. */
export interface Travelled {
  readonly parameters: readonly number[];
  readonly covered: readonly number[];
}

/** Samples of a path taken for every stop, to measure its length with. */
const SAMPLES = 24;

/** Parameters close enough together to measure a path by, from before its first stop to beyond its last. */
export function finely(stops: number, beyond: number, samples = SAMPLES): number[] {
  const [first, last] = [-beyond, stops - 1 + beyond];
  const count = Math.ceil((last - first) * samples);
  const inner = Array.from({ length: stops }, (_, stop) => stop);
  const even = Array.from({ length: count + 1 }, (_, index) => first + ((last - first) * index) / count);
  return [...new Set([...even, ...inner])].sort((a, b) => a - b);
}

/** The way covered, in latent space, at each of the parameters. */
export function travelled(path: Path, parameters: readonly number[]): Travelled {
  const latents = parameters.map(path);
  const steps = latents.slice(1).map((latent, index) => length(latent.map((value, dimension) => value - latents[index]![dimension]!)));
  return { parameters, covered: runningTotal(steps) };
}

/** 0, then the sum of the first step, of the first two, and so on. */
export function runningTotal(steps: readonly number[]): number[] {
  const totals = [0];
  for (const step of steps) totals.push(totals.at(-1)! + step);
  return totals;
}

/** The parameters of `frames` frames that are equally far from each other by what has been covered. */
export function equalSteps({ parameters, covered }: Travelled, frames: number): number[] {
  const total = covered.at(-1)!;
  const [first, last] = [parameters[0]!, parameters.at(-1)!];
  let sample = 1;
  return Array.from({ length: frames }, (_, frame) => {
    if (frame === 0) return first;
    if (frame === frames - 1) return last;
    const share = frame / (frames - 1);
    if (total === 0) return first + share * (last - first);
    const wanted = share * total;
    while (covered[sample]! < wanted) sample++;
    const [before, after] = [covered[sample - 1]!, covered[sample]!];
    const within = after > before ? (wanted - before) / (after - before) : 0;
    return parameters[sample - 1]! + within * (parameters[sample]! - parameters[sample - 1]!);
  });
}

/**
 * Latents between four corners, row by row: first down the left and the right side, then across.
 *
 * @param corners top left, top right, bottom left, bottom right
 */
export function gridBetween(corners: Latents, side: number, along: (stops: Latents) => Path): Float32Array[] {
  const [left, right] = [along([corners[0]!, corners[2]!]), along([corners[1]!, corners[3]!])];
  const places = Array.from({ length: side }, (_, place) => place / (side - 1));
  return places.flatMap((down) => places.map(along([left(down), right(down)])));
}

/** Rows one after the other. */
export function flat(latents: Latents): Float32Array {
  const columns = latents[0]?.length ?? 0;
  const values = new Float32Array(latents.length * columns);
  latents.forEach((latent, row) => values.set(latent, row * columns));
  return values;
}
