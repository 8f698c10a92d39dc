import { element } from "../page/dom";
import type { Position } from "../base/geometry";
import type { View } from "./view";

export interface Mark {
  readonly position: Position;
  /** The look, as a class of the style sheet. */
  readonly look: "ghost" | "pin" | "stop" | "stop chosen";
  readonly label: string;
}

/** Small signs on the map that stand at positions, set by set: where a point came from, what has been pinned. */
export class Marks {
  readonly root = element("div", { class: "marks", "aria-hidden": "true" });
  private readonly sets = new Map<string, readonly Mark[]>();
  private marks: readonly Mark[] = [];

  /** Replaces the marks of one set. */
  set(name: string, marks: readonly Mark[]): void {
    this.sets.set(name, marks);
    this.marks = [...this.sets.values()].flat();
    this.root.replaceChildren(
      ...this.marks.map(({ look, label }) => {
        const mark = element("div", { class: `mark ${look}` });
        if (label) mark.append(element("span", {}, label));
        return mark;
      }),
    );
  }

  get positions(): readonly Position[] {
    return this.marks.map(({ position }) => position);
  }

  paint(view: View): void {
    this.marks.forEach(({ position }, index) => {
      const { left, top } = view.toPlace(position);
      (this.root.children[index] as HTMLElement).style.transform = `translate3d(${left.toFixed(1)}px, ${top.toFixed(1)}px, 0)`;
    });
  }
}
