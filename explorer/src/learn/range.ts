import { Underway } from "../base/underway";
import { Range, type RangeOptions } from "../page/controls";

/** What a number is called, between what it lies, and how it is written. */
export type RangeLook = Pick<RangeOptions, "label" | "title" | "least" | "most" | "step" | "written">;

/** A handle on a line for a number of a lesson: what it does is seen at once, and Esc takes it back. */
export function range(look: RangeLook, now: () => number, set: (value: number) => void): Range {
  let before = 0;
  return new Range({ ...look, begin: () => (before = now()), preview: set, commit: () => undefined, cancel: () => set(before) }, new Underway());
}
