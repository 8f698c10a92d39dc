import { svg } from "../page/dom";
import type { Position } from "../base/geometry";
import type { View } from "./view";

export interface Outline {
  readonly polygon: readonly Position[];
  /** What it shows, as a class of the style sheet: a group's lasso, the one in the hand, or a path, which stays open. */
  readonly look: "first" | "second" | "drawing" | "path";
}

/** Lines on the map. */
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
        const drawn = places.map(({ left, top }) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L");
        return svg("path", { class: look, d: `M${drawn}${look === "path" ? "" : "Z"}` });
      }),
    );
  }
}
