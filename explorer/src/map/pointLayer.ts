import { PointRenderer } from "./points";
import type { View } from "./view";

/** While the view moves, the points may take this many milliseconds of a frame. */
const BUDGET = 9;
/** Milliseconds without a move after which the view counts as resting. */
const REST = 120;
/** Fewer points than this would no longer look like the map. */
const FEWEST = 15_000;

/**
 * The map's points: all of them and sharp when the view rests; while it moves as much of that as a frame has time for.
 * Resolution goes first, then points: they come in random order, so the first of them are a fair sample of all.
 */
export class PointLayer {
  private readonly renderer: PointRenderer;
  private points: Float32Array = new Float32Array(0);
  private colors: Uint32Array = new Uint32Array(0);
  private stale = false;
  private movedAt = -Infinity;
  private timer = 0;
  /** Milliseconds that one point took when it was last drawn at a density. */
  private readonly cost = new Map<number, number>();

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly requestFrame: () => void,
    signal: AbortSignal,
  ) {
    this.renderer = new PointRenderer(canvas);
    signal.addEventListener("abort", () => clearTimeout(this.timer), { once: true });
  }

  get count(): number {
    return this.points.length / 2;
  }

  setPoints(points: Float32Array): void {
    this.points = points;
  }

  /** @param colors a point's colour as 0xAABBGGRR */
  setColors(colors: Uint32Array): void {
    this.colors = colors;
    this.redraw();
  }

  /** Something other than the view has changed. */
  redraw(): void {
    this.stale = true;
    this.requestFrame();
  }

  /** The view has changed, and may well go on changing. */
  follow(): void {
    this.movedAt = performance.now();
    this.redraw();
  }

  /** Brings the canvas up to date; called once a frame. */
  paint(view: View): void {
    if (!this.stale || this.colors.length === 0) return;
    this.stale = false;
    const begun = performance.now();
    const moving = begun - this.movedAt < REST;
    const { density, count } = moving ? this.affordable() : { density: devicePixelRatio, count: this.count };
    this.renderer.draw(this.points, this.colors, count, view, density);
    this.cost.set(density, (performance.now() - begun) / count);
    const rough = density < devicePixelRatio || count < this.count;
    clearTimeout(this.timer);
    if (rough) this.timer = window.setTimeout(() => this.redraw(), REST);
  }

  private affordable(): { readonly density: number; readonly count: number } {
    const full = devicePixelRatio;
    if (this.timeAt(full) <= BUDGET) return { density: full, count: this.count };
    const density = Math.min(1, full);
    const share = BUDGET / Math.max(BUDGET, this.timeAt(density));
    return { density, count: Math.min(this.count, Math.max(FEWEST, Math.round(share * this.count))) };
  }

  /** What all points would take at a density, as far as that is known. */
  private timeAt(density: number): number {
    return (this.cost.get(density) ?? 0) * this.count;
  }
}
