import { clamp, type Position } from "../../base/geometry";
import type { Gaussian } from "./gaussian";

/** Whether the axes stand upright, or may lean. */
export type Shape = "diagonal" | "full";

/** How far the mean goes from 0, and how narrow and wide an axis may be. */
export const LIMITS = { far: 3, narrow: 0.05, wide: 2.5 };

/** How far beyond the end of an axis its handle stands, so that the handles of a needle can be told apart. */
const BEYOND = 0.45;

/** Where the handle of an axis is. */
export function axisEnd({ mean, deviations, angle }: Gaussian, axis: 0 | 1): Position {
  const [far, direction] = [deviations[axis] + BEYOND, angle + (axis * Math.PI) / 2];
  return { x: mean.x + far * Math.cos(direction), y: mean.y + far * Math.sin(direction) };
}

/** What the handle of an axis makes of a Gaussian when it is brought there: the axis ends before it, and the other one stays at right angles to it. */
export function dragAxis({ mean, deviations, angle }: Gaussian, axis: 0 | 1, to: Position, shape: Shape): Partial<Gaussian> {
  const [x, y] = [to.x - mean.x, to.y - mean.y];
  const upright = axis === 0 ? x : y;
  const long = clamp((shape === "full" ? Math.hypot(x, y) : upright) - BEYOND, LIMITS.narrow, LIMITS.wide);
  const pair: readonly [number, number] = axis === 0 ? [long, deviations[1]] : [deviations[0], long];
  if (shape === "diagonal" || Math.hypot(x, y) < BEYOND / 2) return { deviations: pair };
  return { deviations: pair, angle: turned(Math.atan2(y, x) - (axis * Math.PI) / 2, angle) };
}

/** The angle that is nearest to the one before, among those that are the same direction. */
function turned(angle: number, before: number): number {
  const whole = 2 * Math.PI;
  const near = angle + whole * Math.round((before - angle) / whole);
  return Math.abs(near) > whole ? angle : near;
}

/** The Gaussian whose covariance has the same diagonal, and nothing beside it. */
export function standing({ mean, deviations: [first, second], angle }: Gaussian): Gaussian {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return { mean, deviations: [Math.hypot(first * cosine, second * sine), Math.hypot(first * sine, second * cosine)], angle: 0 };
}
