import { clamp, type Position } from "../../base/geometry";
import type { Gaussian } from "./gaussian";

/** Whether the axes stand upright, or may lean. */
export type Shape = "diagonal" | "full";

/** How far the mean goes from 0, and how narrow and wide an axis may be. */
export const LIMITS = { far: 3.2, narrow: 0.05, wide: 3 };

/** What a hand at the end of an axis makes of a Gaussian: the axis ends there, and the other one stays at right angles to it. */
export function dragAxis({ mean, deviations, angle }: Gaussian, axis: 0 | 1, to: Position, shape: Shape): Partial<Gaussian> {
  const [x, y] = [to.x - mean.x, to.y - mean.y];
  const upright = axis === 0 ? x : y;
  const long = clamp(shape === "full" ? Math.hypot(x, y) : upright, LIMITS.narrow, LIMITS.wide);
  const pair: readonly [number, number] = axis === 0 ? [long, deviations[1]] : [deviations[0], long];
  if (shape === "diagonal" || Math.hypot(x, y) < LIMITS.narrow) return { deviations: pair };
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
