import type { Position } from "../base/geometry";
import { svg } from "../page/dom";
import { type Hue, hue } from "./hues";
import type { Plot } from "./plot";

export interface HandleOptions {
  /** What it moves, in a few words. */
  readonly label: string;
  /** What stands on it, where a plot has several: a letter of the formulas. */
  readonly letter?: string;
  /** Along which axes a hand and the arrow keys take it. */
  readonly axis: "x" | "y" | "both";
  readonly hue: Hue;
  /** Where it is now, in the plot's own units. */
  readonly place: () => Position;
  /** How far an arrow key takes it, in the plot's own units; ten times with shift. */
  readonly step: number;
  /** Between what it moves, for screen readers. */
  readonly least: number;
  readonly most: number;
  /** What it moves, as a number: its place along the axis, if not said otherwise. */
  readonly value?: () => number;
  /** Its value in words. */
  readonly words: () => string;
  /** Takes it there, or as near as it may go. */
  readonly move: (to: Position) => void;
  /** It has been let go, or a key has moved it. */
  readonly rest?: () => void;
  /** Takes a drag back that began there, where more has changed by it than its place. */
  readonly withdraw?: (to: Position) => void;
}

/** Fingers need more room than a pointer: pixels round the handle's middle. */
const REACH = 22;
const RADIUS = 8;
const KEYS: Readonly<Record<string, readonly [number, number]>> = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Lets a finger drag what is in a drawing: `touch-action` is not heeded there by every browser, and the page would scroll. */
export function keepTouch(grip: SVGElement): void {
  grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
}

/** The handles of each plot: of several whose reaches overlap, a press takes the nearest. */
const handles = new WeakMap<Plot, Handle[]>();

/** Something in a plot that a mouse, a finger, a pen or the arrow keys take hold of; Esc takes a drag back. */
export class Handle {
  readonly root: SVGGElement;
  /** Where the hand took hold, and where the handle was then; null while no hand holds it. */
  private held: { readonly pointer: number; readonly hand: Position; readonly place: Position } | null = null;

  constructor(
    private readonly plot: Plot,
    private readonly options: HandleOptions,
  ) {
    const { label, letter, axis, least, most } = options;
    const role = axis === "both" ? { role: "application", "aria-roledescription": "point to be moved by the arrow keys" } : { role: "slider", "aria-valuemin": least, "aria-valuemax": most };
    this.root = svg("g", { class: `handle ${axis}`, tabindex: 0, "aria-label": label, ...role }, svg("circle", { class: "reach", r: REACH }), svg("circle", { class: "knob", r: RADIUS }));
    if (letter) this.root.append(svg("text", { class: "letter", y: 4, "text-anchor": "middle", "aria-hidden": "true" }, letter));
    if (axis === "y") this.root.setAttribute("aria-orientation", "vertical");
    this.root.style.setProperty("--hue", hue(options.hue));
    plot.above.append(this.root);
    handles.set(plot, [...(handles.get(plot) ?? []), this]);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.listen(this.root, (event) => this.nearest(event).take(event));
  }

  /** Lets a hand take hold of it by something else as well: by the bell that it moves. */
  heldBy(grip: SVGElement): void {
    this.listen(grip, (event) => this.take(event, grip));
  }

  private listen(grip: SVGElement, press: (event: PointerEvent) => void): void {
    grip.classList.add("grip");
    keepTouch(grip);
    grip.addEventListener("pointerdown", press);
    grip.addEventListener("pointermove", (event) => this.drag(event));
    grip.addEventListener("pointerup", (event) => this.letGo(event));
    grip.addEventListener("pointercancel", (event) => this.takeBack(event.pointerId));
  }

  /** Puts it where its place is now. */
  paint(): void {
    const { place, words, axis, value } = this.options;
    const { x, y } = place();
    this.root.setAttribute("transform", `translate(${this.plot.across(x).toFixed(1)} ${this.plot.down(y).toFixed(1)})`);
    if (axis !== "both") this.root.setAttribute("aria-valuenow", (value?.() ?? (axis === "x" ? x : y)).toFixed(3));
    this.root.setAttribute(axis === "both" ? "aria-description" : "aria-valuetext", words());
  }

  /** Among the plot's handles, the one whose middle is nearest to a press. */
  private nearest(event: PointerEvent): Handle {
    const { x, y } = this.plot.placeAt(event);
    const apart = ({ options }: Handle): number => {
      const place = options.place();
      return Math.hypot(this.plot.across(place.x) - this.plot.across(x), this.plot.down(place.y) - this.plot.down(y));
    };
    return handles.get(this.plot)!.reduce((best, other) => (apart(other) < apart(best) ? other : best), this as Handle);
  }

  private take(event: PointerEvent, grip: SVGElement = this.root): void {
    if (event.button !== 0 || this.held) return;
    event.preventDefault(); // no text is selected
    grip.setPointerCapture(event.pointerId);
    this.root.focus({ preventScroll: true });
    this.held = { pointer: event.pointerId, hand: this.plot.placeAt(event), place: this.options.place() };
    this.root.classList.add("held");
  }

  private drag(event: PointerEvent): void {
    const { held } = this;
    if (held?.pointer !== event.pointerId) return;
    const now = this.plot.placeAt(event);
    this.move({ x: held.place.x + now.x - held.hand.x, y: held.place.y + now.y - held.hand.y });
  }

  private letGo(event: PointerEvent): void {
    if (this.held?.pointer !== event.pointerId) return;
    this.end();
  }

  private takeBack(pointer = this.held?.pointer): boolean {
    const { held } = this;
    if (!held || held.pointer !== pointer) return false;
    const { withdraw, move } = this.options;
    (withdraw ?? move)(held.place);
    this.end();
    return true;
  }

  private end(): void {
    this.held = null;
    this.root.classList.remove("held");
    this.options.rest?.();
  }

  private move(to: Position): void {
    const { axis, place, move } = this.options;
    const now = axis === "both" ? to : place();
    move({ x: axis === "y" ? now.x : to.x, y: axis === "x" ? now.y : to.y });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (this.takeBack()) event.preventDefault();
      return;
    }
    const way = KEYS[event.key];
    if (!way) return;
    event.preventDefault();
    const { axis, place, step, rest } = this.options;
    const far = step * (event.shiftKey ? 10 : 1);
    const along = way[0] + way[1];
    const [right, up] = axis === "both" ? way : axis === "x" ? [along, 0] : [0, along];
    const { x, y } = place();
    this.move({ x: x + far * right, y: y + far * up });
    rest?.();
  }
}
