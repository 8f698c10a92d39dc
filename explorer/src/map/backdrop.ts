import type { ContourLine } from "../measure/contours";
import { type Pen, StillCanvas } from "../page/stillCanvas";
import { element } from "../page/dom";
import type { Bounds } from "../base/geometry";
import type { Lattice } from "./lattice";
import type { View } from "./view";

/** Where no data is near: 1 in the cells of a grid over the bounds, the bottom row first; all is far beyond them. */
export interface FarGrid {
  readonly mask: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  readonly bounds: Bounds;
}

const CONTOUR_WIDTH = 1.2;
const FAR_OPACITY = { light: 0.055, dark: 0.3 };

/** Where data is near, as an image of one pixel a cell: it is cut out of a shaded map. */
function nearImage({ mask, columns, rows }: FarGrid): HTMLCanvasElement {
  const canvas = element("canvas", { width: columns, height: rows });
  const context = canvas.getContext("2d")!;
  const pixels = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!mask[row * columns + column]) pixels.data[4 * ((rows - 1 - row) * columns + column) + 3] = 255;
    }
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** The density's level lines as paths in map coordinates. */
export function contourPath(lines: readonly ContourLine[]): Path2D {
  const path = new Path2D();
  for (const { points, closed } of lines) {
    path.moveTo(points[0]!, points[1]!);
    for (let index = 2; index < points.length; index += 2) path.lineTo(points[index]!, points[index + 1]!);
    if (closed) path.closePath();
  }
  return path;
}

/** What lies behind the points: where no data is near, a lattice of decoded images; and over them the density's contours. */
export class Backdrop {
  readonly canvas = element("canvas", { class: "backdrop", "aria-hidden": "true", hidden: true });
  /** The contours, which lie over the points. */
  readonly lines = element("canvas", { class: "contours", "aria-hidden": "true", hidden: true });
  private readonly behind = new StillCanvas(this.canvas);
  private readonly over = new StillCanvas(this.lines);
  private far: { readonly near: HTMLCanvasElement; readonly bounds: Bounds } | null = null;
  private contours: readonly Path2D[] = [];
  private lattice: Lattice | null = null;
  private dark = false;

  setFar(grid: FarGrid | null): void {
    this.far = grid && { near: nearImage(grid), bounds: grid.bounds };
  }

  /** @param paths from the outermost to the innermost */
  setContours(paths: readonly Path2D[]): void {
    this.contours = paths;
  }

  setLattice(lattice: Lattice | null): void {
    this.lattice = lattice;
  }

  setDark(dark: boolean): void {
    this.dark = dark;
  }

  paint(view: View): void {
    const { canvas, lines, far, lattice } = this;
    const behind = far !== null || lattice !== null;
    if (behind || !canvas.hidden) this.paintBehind(view);
    const over = this.contours.length > 0;
    if (over || !lines.hidden) this.paintContours(view);
    // What is empty is not laid over the map: it would cost as much as what is not.
    canvas.hidden = !behind;
    lines.hidden = !over;
  }

  private paintBehind(view: View): void {
    const density = devicePixelRatio;
    const pen = this.behind.begin(view.width, view.height, density);
    pen.setTransform(density, 0, 0, density, 0, 0);
    if (this.far) this.paintFar(pen, this.far, view);
    this.lattice?.draw(pen, view);
    if (this.lattice) this.canvas.dataset["missing"] = String(this.lattice.missing);
    else delete this.canvas.dataset["missing"];
    this.behind.show();
  }

  private paintFar(context: Pen, { near, bounds }: { near: HTMLCanvasElement; bounds: Bounds }, view: View): void {
    const first = view.toPlace({ x: bounds.left, y: bounds.top });
    const last = view.toPlace({ x: bounds.right, y: bounds.bottom });
    context.globalAlpha = this.dark ? FAR_OPACITY.dark : FAR_OPACITY.light;
    context.fillStyle = "black";
    context.fillRect(0, 0, view.width, view.height);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "destination-out";
    context.imageSmoothingEnabled = true;
    context.drawImage(near, first.left, first.top, last.left - first.left, last.top - first.top);
    context.globalCompositeOperation = "source-over";
  }

  private paintContours(view: View): void {
    const density = devicePixelRatio;
    const context = this.over.begin(view.width, view.height, density);
    const origin = view.toPlace({ x: 0, y: 0 });
    const scale = view.scale * density;
    context.setTransform(scale, 0, 0, -scale, origin.left * density, origin.top * density);
    context.lineWidth = CONTOUR_WIDTH / view.scale;
    context.strokeStyle = this.dark ? "white" : "black";
    this.contours.forEach((path, index) => {
      context.globalAlpha = 0.3 + (0.5 * index) / Math.max(1, this.contours.length - 1);
      context.stroke(path);
    });
    context.globalAlpha = 1;
    this.over.show();
  }
}
