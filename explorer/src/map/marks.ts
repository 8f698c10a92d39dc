import { element, setText } from "../page/dom";
import type { Place, Position } from "../base/geometry";

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

  /** Replaces the marks of one set; what only moves keeps its element, which costs no layout. */
  set(name: string, marks: readonly Mark[]): void {
    this.sets.set(name, marks);
    this.marks = [...this.sets.values()].flat();
    const { root } = this;
    while (root.children.length > this.marks.length) root.lastElementChild!.remove();
    this.marks.forEach(({ look, label }, index) => {
      const mark = root.children[index] ?? root.appendChild(element("div", {}, element("span")));
      const name = `mark ${look}`;
      if (mark.className !== name) mark.className = name;
      setText(mark.firstElementChild!, label);
    });
  }

  get positions(): readonly Position[] {
    return this.marks.map(({ position }) => position);
  }

  /** @param seenAt where what stands at a position is seen */
  paint(seenAt: (position: Position) => Place): void {
    this.marks.forEach(({ position }, index) => {
      const { left, top } = seenAt(position);
      (this.root.children[index] as HTMLElement).style.transform = `translate3d(${left.toFixed(1)}px, ${top.toFixed(1)}px, 0)`;
    });
  }
}
