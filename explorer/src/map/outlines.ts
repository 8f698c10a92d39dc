import { svg } from "../page/dom";
import type { Position } from "./geometry";
import type { View } from "./view";

export interface Outline {
  readonly polygon: readonly Position[];
  /** Which group it is of, as a class of the style sheet. */
  readonly look: "first" | "second" | "drawing";
}

/** The lassos on the map: those that made the groups, and the one in the hand. */
export class Outlines {
  readonly root = svg("svg", { class: "outlines", "aria-hidden": "true" });
  private outlines: readonly Outline[] = [];

  set(outlines: readonly Outline[]): void {
    this.outlines = outlines;
  }

  paint(view: View): void {
    this.root.replaceChildren(
      ...this.outlines.map(({ polygon, look }) => {
        const places = polygon.map((position) => view.toPlace(position));
        return svg("path", { class: look, d: `M${places.map(({ left, top }) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L")}Z` });
      }),
    );
  }
}
