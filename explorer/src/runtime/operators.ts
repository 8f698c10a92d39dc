import { type Attribute, type Constant, elements, Lacking } from "./onnx";
import { Damaged } from "./wire";

type Numbers = Constant["values"];

/** What is known of an operator's input before anything runs: its shape, and its numbers if it is constant. */
export interface Known {
  readonly shape: readonly number[];
  readonly values: Numbers | null;
}

/** An operator on given shapes: numbers in, numbers out, all in row-major order. */
export interface Computation {
  readonly shape: readonly number[];
  /** How many places it has listed to find its numbers by. */
  readonly listed: number;
  readonly compute: (inputs: readonly Numbers[], output: Numbers) => void;
}

export type Attributes = ReadonlyMap<string, Attribute>;
/** An input that is left out is undefined; the first never is. */
type Operator = (inputs: readonly (Known | undefined)[], attributes: Attributes) => Computation;

export const whole = (attributes: Attributes, name: string, otherwise: number): number => {
  const value = attributes.get(name) ?? otherwise;
  if (typeof value !== "number") throw new Damaged(`the attribute ${name} is no number`);
  return value;
};

/** The numbers of an input that has to be known before anything runs. */
export function known(input: Known | undefined, what: string): number[] {
  if (!input?.values) throw new Lacking(`${what} that is only known while it runs`);
  return [...input.values];
}

export function shapeOf(input: Known | undefined): readonly number[] {
  if (!input) throw new Damaged("an operator has too few inputs");
  return input.shape;
}

export function axisOf(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (!(counted >= 0 && counted < rank)) throw new Damaged(`there is no axis ${axis} among ${rank}`);
  return counted;
}

/** A tensor of this many numbers is none of a decoder's; what asks for one is damaged or means harm. */
const MOST = 2 ** 24;

export function bounded(shape: readonly number[]): readonly number[] {
  if (shape.every((side) => Number.isInteger(side) && side >= 0) && elements(shape) <= MOST) return shape;
  throw new Damaged(`it asks for a tensor of shape ${shape.join("×")}`);
}

/** How many numbers lie between two neighbours along each axis. */
function strides(shape: readonly number[]): number[] {
  const found = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) found[axis] = found[axis + 1]! * shape[axis + 1]!;
  return found;
}

/** For every number of an output, walked in order, the place in an input that lies `steps` apart along each axis. */
function places(shape: readonly number[], steps: readonly number[], start = 0): Int32Array {
  const found = new Int32Array(elements(bounded(shape)));
  const index = shape.map(() => 0);
  let at = start;
  for (let place = 0; place < found.length; place++) {
    found[place] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return found;
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let side = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1 && side !== 1 && own !== side) throw new Damaged(`shapes ${shapes.join(" and ")} do not go together`);
      if (own !== 1) side = own;
    }
    return side;
  });
}

/** Where an input that is spread over a larger shape has its numbers. */
function spreadPlaces(from: readonly number[], to: readonly number[]): Int32Array {
  const steps = strides(from);
  const missing = to.length - from.length;
  return places(
    to,
    to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : steps[axis - missing]!)),
  );
}

/** Number by number, with shapes spread where they differ. */
function elementwise(f: (x: number, y: number, z: number) => number): Operator {
  return (inputs) => {
    if (inputs.length > 3) throw new Lacking("an operator on more than three tensors");
    const shape = broadcast(inputs.map((input) => shapeOf(input)));
    const size = elements(bounded(shape));
    const sizes = inputs.map((input) => elements(shapeOf(input)));
    if (sizes.every((length) => length === size || length === 1)) {
      const [sx = 0, sy = sx, sz = sx] = sizes.map((length) => (length === size ? 1 : 0));
      const compute: Computation["compute"] = ([x, y = x, z = x], output) => {
        for (let i = 0; i < size; i++) output[i] = f(x![i * sx]!, y![i * sy]!, z![i * sz]!);
      };
      return { shape, listed: 0, compute };
    }
    const at = inputs.map((input) => spreadPlaces(shapeOf(input), shape));
    const listed = at.length * size;
    const [px, py = px, pz = px] = at;
    const compute: Computation["compute"] = ([x, y = x, z = x], output) => {
      for (let i = 0; i < size; i++) output[i] = f(x![px![i]!]!, y![py![i]!]!, z![pz![i]!]!);
    };
    return { shape, listed, compute };
  };
}

/** Numbers taken from places that are known beforehand. */
function taken(shape: readonly number[], from: Int32Array): Computation {
  return {
    shape,
    listed: from.length,
    compute: ([x], output) => {
      for (let i = 0; i < from.length; i++) output[i] = x![from[i]!]!;
    },
  };
}

/** The same numbers in another shape. */
function reshaped(input: Known | undefined, shape: readonly number[]): Computation {
  const size = elements(shapeOf(input));
  if (elements(shape) !== size) throw new Damaged(`shape ${shapeOf(input)} cannot become ${shape}`);
  return { shape, listed: 0, compute: ([x], output) => output.set(x!) };
}

const clip: Operator = (inputs) => {
  const [x, low, high] = inputs;
  const least = low ? known(low, "the least number of Clip")[0]! : -Infinity;
  const most = high ? known(high, "the greatest number of Clip")[0]! : Infinity;
  return elementwise((value) => Math.min(Math.max(value, least), most))([x!], new Map());
};

const reshape: Operator = ([x, to], attributes) => {
  const asked = known(to, "a new shape");
  const shape = asked.map((side, axis) => (side === 0 && !whole(attributes, "allowzero", 0) ? (shapeOf(x)[axis] ?? 0) : side));
  const open = shape.indexOf(-1);
  if (open >= 0) shape[open] = elements(shapeOf(x)) / shape.reduce((product, side, axis) => (axis === open ? product : product * side), 1);
  return reshaped(x, shape);
};

const unsqueeze: Operator = ([x, axes]) => {
  const at = known(axes, "the axes of Unsqueeze");
  const rank = shapeOf(x).length + at.length;
  const added = new Set(at.map((axis) => axisOf(axis, rank)));
  const rest = [...shapeOf(x)];
  return reshaped(
    x,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!)),
  );
};

const squeeze: Operator = ([x, axes]) => {
  const dropped = axes ? new Set(known(axes, "the axes of Squeeze").map((axis) => axisOf(axis, shapeOf(x).length))) : null;
  return reshaped(
    x,
    shapeOf(x).filter((side, axis) => (dropped ? !dropped.has(axis) : side !== 1)),
  );
};

const expand: Operator = ([x, to]) => {
  const shape = broadcast([shapeOf(x), known(to, "the shape of Expand")]);
  return taken(shape, spreadPlaces(shapeOf(x), shape));
};

const slice: Operator = ([x, starts, ends, axes, steps]) => {
  const rank = shapeOf(x).length;
  const from = known(starts, "the start of Slice");
  const to = known(ends, "the end of Slice");
  const along = axes ? known(axes, "the axes of Slice") : from.map((_, axis) => axis);
  const by = steps ? known(steps, "the steps of Slice") : from.map(() => 1);
  const shape = [...shapeOf(x)];
  let start = 0;
  along.forEach((named, index) => {
    if (by[index] !== 1) throw new Lacking("Slice with steps");
    const axis = axisOf(named, rank);
    const side = shapeOf(x)[axis]!;
    const within = (place: number): number => Math.min(Math.max(place < 0 ? place + side : place, 0), side);
    const first = within(from[index]!);
    shape[axis] = Math.max(within(to[index]!) - first, 0);
    start += first * strides(shapeOf(x))[axis]!;
  });
  return taken(shape, places(shape, strides(shapeOf(x)), start));
};

const concat: Operator = (inputs, attributes) => {
  const shapes = inputs.map(shapeOf);
  const shape = [...shapeOf(inputs[0])];
  const axis = axisOf(whole(attributes, "axis", 0), shape.length);
  const alike = shapes.every((other) => other.length === shape.length && other.every((side, at) => at === axis || side === shape[at]));
  if (!alike) throw new Damaged("Concat joins shapes that do not go together");
  shape[axis] = shapes.reduce((length, other) => length + other[axis]!, 0);
  const steps = strides(shape);
  let start = 0;
  const to = shapes.map((own) => {
    const found = places(own, steps, start);
    start += own[axis]! * steps[axis]!;
    return found;
  });
  const compute: Computation["compute"] = (values, output) => {
    values.forEach((numbers, input) => {
      for (let i = 0; i < numbers.length; i++) output[to[input]![i]!] = numbers[i]!;
    });
  };
  return { shape, listed: elements(shape), compute };
};

const range: Operator = (inputs) => {
  const [start, limit, step] = inputs.map((input) => known(input, "a bound of Range")[0]!) as [number, number, number];
  const shape = bounded([Math.max(Math.ceil((limit - start) / step), 0)]);
  const compute: Computation["compute"] = (_, output) => {
    for (let i = 0; i < output.length; i++) output[i] = start + i * step;
  };
  return { shape, listed: 0, compute };
};

const scatter: Operator = ([x, indices, updates], attributes) => {
  if ((attributes.get("reduction") ?? "none") !== "none") throw new Lacking("ScatterND that adds up");
  const at = known(indices, "a place of ScatterND");
  const depth = shapeOf(indices).at(-1) ?? 0;
  const steps = strides(shapeOf(x));
  const length = elements(shapeOf(x).slice(depth));
  const starts = Int32Array.from({ length: depth ? at.length / depth : 0 }, (_, row) => {
    let start = 0;
    for (let axis = 0; axis < depth; axis++) start += axisOf(at[row * depth + axis]!, shapeOf(x)[axis]!) * steps[axis]!;
    return start;
  });
  if (elements(shapeOf(updates)) !== starts.length * length) throw new Damaged("ScatterND has not as many numbers as places");
  const compute: Computation["compute"] = ([values, , replacing], output) => {
    output.set(values!);
    starts.forEach((start, row) => output.set(replacing!.subarray(row * length, (row + 1) * length), start));
  };
  return { shape: shapeOf(x), listed: at.length, compute };
};

const reduceSum: Operator = ([x, axes], attributes) => {
  const rank = shapeOf(x).length;
  const summed = new Set(axes ? known(axes, "the axes of ReduceSum").map((axis) => axisOf(axis, rank)) : shapeOf(x).keys());
  const kept = shapeOf(x).map((side, axis) => (summed.has(axis) ? 1 : side));
  const own = strides(kept);
  const to = places(
    shapeOf(x),
    kept.map((_, axis) => (summed.has(axis) ? 0 : own[axis]!)),
  );
  const shape = whole(attributes, "keepdims", 1) ? kept : kept.filter((_, axis) => !summed.has(axis));
  const compute: Computation["compute"] = ([values], output) => {
    output.fill(0);
    for (let i = 0; i < to.length; i++) output[to[i]!]! += values![i]!;
  };
  return { shape, listed: to.length, compute };
};

/** The operators that need no layout of their own: most only shape what others compute, and are gone before anything runs. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Abs: elementwise(Math.abs),
    Add: elementwise((x, y) => x + y),
    Clip: clip,
    Concat: concat,
    Div: elementwise((x, y) => x / y),
    Exp: elementwise(Math.exp),
    Expand: expand,
    Identity: ([x]) => reshaped(x, shapeOf(x)),
    Less: elementwise((x, y) => Number(x < y)),
    Log: elementwise(Math.log),
    Max: elementwise(Math.max),
    Mul: elementwise((x, y) => x * y),
    Neg: elementwise((x) => -x),
    Pow: elementwise((x, y) => (y === 2 ? x * x : x ** y)),
    Range: range,
    Reciprocal: elementwise((x) => 1 / x),
    ReduceSum: reduceSum,
    Relu: elementwise((x) => Math.max(x, 0)),
    Reshape: reshape,
    ScatterND: scatter,
    Sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
    Slice: slice,
    Squeeze: squeeze,
    Sub: elementwise((x, y) => x - y),
    Tanh: elementwise(Math.tanh),
    Unsqueeze: unsqueeze,
    Where: elementwise((condition, x, y) => (condition ? x : y)),
  } satisfies Record<string, Operator>),
);
