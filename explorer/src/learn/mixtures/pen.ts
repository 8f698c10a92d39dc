import type { Position } from "../../base/geometry";
import { Handle, keepTouch } from "../handle";
import { inWords, type Plot } from "../plot";
import { type Heights, HIGHEST, cellAt, EDGE, pushed, stroke } from "./target";

export interface PenHost {
  readonly heights: () => Heights;
  /** What is being drawn looks like this now. */
  readonly drawing: (heights: Heights) => void;
  /** The hand has been lifted, or a key has been pressed. */
  readonly drawn: () => void;
  /** What was being drawn is not to be. */
  readonly withdrawn: () => void;
  readonly repaint: () => void;
}

/** Draws a density: a pointer anywhere in the plot, or the arrow keys by a handle that goes along the curve, raising and lowering it. */
export class Pen {
  readonly handle: Handle;
  private at = 0;
  /** The pointer that draws, and where it was last; null while none does. */
  private held: { readonly pointer: number; readonly last: Position } | null = null;
  /** Where the handle was before the pointer drew. */
  private before = 0;

  constructor(
    private readonly plot: Plot,
    private readonly host: PenHost,
  ) {
    this.handle = new Handle(plot, {
      label: "Pen: left and right go along the curve, up and down raise and lower it",
      axis: "both",
      hue: "target",
      place: () => this.place,
      step: 0.04,
      least: -EDGE,
      most: EDGE,
      words: () => `at ${inWords(this.at, 2)}, height ${inWords(this.place.y, 2)}`,
      move: (to) => this.moveBy(to),
      rest: () => this.host.drawn(),
      withdraw: ({ x }) => this.withdraw(x),
    });
    this.handle.root.addEventListener("keydown", (event) => event.key === "Escape" && this.giveUp());
    const { surface } = plot;
    surface.classList.add("drawn");
    keepTouch(surface);
    surface.addEventListener("pointerdown", (event) => this.begin(event));
    surface.addEventListener("pointermove", (event) => this.draw(event));
    surface.addEventListener("pointerup", (event) => this.end(event));
    surface.addEventListener("pointercancel", (event) => event.pointerId === this.held?.pointer && this.giveUp());
  }

  private get place(): Position {
    return { x: this.at, y: this.host.heights()[cellAt(this.at)]! };
  }

  /** Sideways alone it goes along the curve; otherwise it draws. */
  private moveBy({ x, y }: Position): void {
    const from = this.place;
    const heights = this.host.heights();
    this.at = Math.min(EDGE, Math.max(-EDGE, x));
    if (y === from.y) this.host.repaint();
    else this.host.drawing(this.at === from.x ? pushed(heights, this.at, y - from.y) : stroke(heights, from, { x: this.at, y }));
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0 || this.held) return;
    event.preventDefault(); // no text is selected
    this.plot.surface.setPointerCapture(event.pointerId);
    this.handle.root.focus({ preventScroll: true });
    this.before = this.at;
    this.reach(event, this.plot.placeAt(event));
  }

  private draw(event: PointerEvent): void {
    if (this.held?.pointer === event.pointerId) this.reach(event, this.held.last);
  }

  private reach(event: PointerEvent, last: Position): void {
    const { x, y } = this.plot.placeAt(event);
    const now = { x: Math.min(EDGE, Math.max(-EDGE, x)), y: Math.min(HIGHEST, Math.max(0, y)) };
    this.held = { pointer: event.pointerId, last: now };
    this.at = now.x;
    this.host.drawing(stroke(this.host.heights(), last, now));
  }

  private end(event: PointerEvent): void {
    if (this.held?.pointer !== event.pointerId) return;
    this.held = null;
    this.host.drawn();
  }

  /** What a pointer is drawing is not to be. */
  private giveUp(): void {
    if (!this.held) return;
    this.held = null;
    this.withdraw(this.before);
  }

  private withdraw(at: number): void {
    this.host.withdrawn();
    this.at = at;
    this.host.repaint();
  }
}
