import type { Position } from "../base/geometry";
import { svg } from "../page/dom";
import { type Hue, hue } from "./hues";
import type { Plot } from "./plot";

/** Something in a plot that is one path, drawn anew by one attribute. */
class Drawn {
  readonly root: SVGPathElement;

  constructor(
    protected readonly plot: Plot,
    look: string,
    color: Hue,
  ) {
    this.root = svg("path", { class: look });
    this.root.style.setProperty("--hue", hue(color));
    plot.inside.append(this.root);
  }

  protected at({ x, y }: Position): string {
    return `${this.plot.across(x).toFixed(1)} ${this.plot.down(y).toFixed(1)}`;
  }
}

/** A closed line, and what it holds. */
export class Outline extends Drawn {
  constructor(plot: Plot, color: Hue, dashed = false) {
    super(plot, dashed ? "curve dashed" : "curve filled", color);
  }

  show(points: readonly Position[]): void {
    this.root.setAttribute("d", `M${points.map((point) => this.at(point)).join("L")}Z`);
  }
}

/** Dots of one colour, however many. */
export class Dots extends Drawn {
  constructor(plot: Plot, color: Hue, look = "") {
    super(plot, `dots ${look}`, color);
  }

  show(points: readonly Position[]): void {
    this.root.setAttribute("d", points.map((point) => `M${this.at(point)}h0`).join(""));
  }
}

/** Thin lines, each through points of its own. */
export class Mesh extends Drawn {
  constructor(plot: Plot, color: Hue) {
    super(plot, "mesh", color);
  }

  show(lines: readonly (readonly Position[])[]): void {
    this.root.setAttribute("d", lines.map((line) => `M${line.map((point) => this.at(point)).join("L")}`).join(""));
  }
}

/** Gives a plot's axes the same scale round a middle, so that circles are round; `half` units to the nearer edges. */
export function keepRound(plot: Plot, { x, y }: Position, half: Readonly<{ across: number; up: number }>): void {
  const [width, height] = [plot.right - plot.left, plot.bottom - plot.top];
  const unit = Math.max((2 * half.across) / width, (2 * half.up) / height); // of each pixel
  plot.setExtent("x", { least: x - (unit * width) / 2, most: x + (unit * width) / 2 });
  plot.setExtent("y", { least: y - (unit * height) / 2, most: y + (unit * height) / 2 });
}
