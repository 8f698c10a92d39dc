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
    const { root } = this;
    while (root.children.length > this.outlines.length) root.lastElementChild!.remove();
    this.outlines.forEach(({ polygon, look }, index) => {
      const line = root.children[index] ?? root.appendChild(svg("path"));
      const places = polygon.map((position) => view.toPlace(position));
      const drawn = places.map(({ left, top }) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L");
      line.setAttribute("class", look);
      line.setAttribute("d", `M${drawn}${look === "path" ? "" : "Z"}`);
    });
  }
}
