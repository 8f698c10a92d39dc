import type { Place } from "../base/geometry";

/** What a press took hold of. */
export type Grip =
  | { readonly kind: "probe" | "lasso" | "map" }
  | { readonly kind: "point"; readonly point: number }
  | { readonly kind: "stop"; readonly stop: number };

export interface GestureHandlers {
  /** What lies under a pointer; `touch` asks for a wider reach, `shift` for a lasso. */
  pick(place: Place, touch: boolean, shift: boolean): Grip;
  /** Where the thing held is now, so that it is carried by where it was taken. */
  anchorOf(grip: Grip, place: Place): Place;
  /** A press on the probe or a point, or the start of a lasso, then every move of it. */
  grab(grip: Grip, place: Place, time: number): void;
  carry(grip: Grip, place: Place, time: number): void;
  /** @param cancelled by a key, a second finger or the system */
  drop(grip: Grip, moved: boolean, cancelled: boolean): void;
  tap(place: Place, touch: boolean, time: number): void;
  pan(left: number, top: number): void;
  zoom(factor: number, place: Place): void;
  /** The pointer rests over the map with nothing held; null when it has left. */
  hover(place: Place | null): void;
}

/** A press that travels less than this many pixels is a tap. */
const SLOP: Readonly<Record<string, number>> = { mouse: 4, pen: 6, touch: 10 };
const WHEEL_LINE = 16;
const WHEEL_STEP = 0.0018;
/** A trackpad's pinch arrives as wheel events with ctrl, in far smaller steps. */
const PINCH_STEP = 0.01;

interface Press {
  readonly id: number;
  readonly type: string;
  readonly grip: Grip;
  readonly start: Place;
  /** From the pointer to the thing held. */
  readonly offset: Place;
  last: Place;
  moved: boolean;
}

const middle = (a: Place, b: Place): Place => ({ left: (a.left + b.left) / 2, top: (a.top + b.top) / 2 });
const apart = (a: Place, b: Place): number => Math.hypot(a.left - b.left, a.top - b.top);

/** Tells drags, taps, pans, pinches and wheel turns on one element apart, for mouse, pen and touch alike. */
export class Gestures {
  private press: Press | null = null;
  /** Fingers on the map, while there may be a pinch. */
  private readonly fingers = new Map<number, Place>();

  constructor(
    private readonly surface: HTMLElement,
    private readonly handlers: GestureHandlers,
    signal: AbortSignal,
  ) {
    const listen = <Name extends keyof HTMLElementEventMap>(name: Name, handle: (event: HTMLElementEventMap[Name]) => void): void =>
      surface.addEventListener(name, handle, { signal, passive: false });
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.up(event, false));
    listen("pointercancel", (event) => this.up(event, true));
    listen("pointerleave", () => this.press || handlers.hover(null));
    listen("wheel", (event) => this.wheel(event));
  }

  /** Lets go of whatever is held, as if the pointer had been taken away; tells whether anything was. */
  cancel(): boolean {
    const press = this.press;
    this.press = null;
    if (!press || press.grip.kind === "map") return false;
    this.handlers.drop(press.grip, press.moved, true);
    return true;
  }

  private placeOf(event: MouseEvent): Place {
    const box = this.surface.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  }

  private down(event: PointerEvent): void {
    const middleButton = event.button === 1;
    if (event.button !== 0 && !middleButton) return;
    const place = this.placeOf(event);
    this.surface.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, place);
      if (this.fingers.size > 1) {
        this.cancel();
        return;
      }
    }
    if (middleButton) event.preventDefault();
    this.handlers.hover(null);
    const grip: Grip = middleButton ? { kind: "map" } : this.handlers.pick(place, event.pointerType === "touch", event.shiftKey);
    const held = this.handlers.anchorOf(grip, place);
    this.press = {
      id: event.pointerId,
      type: event.pointerType,
      grip,
      start: place,
      offset: { left: held.left - place.left, top: held.top - place.top },
      last: place,
      moved: false,
    };
    if (grip.kind !== "map") this.handlers.grab(grip, place, event.timeStamp);
  }

  private move(event: PointerEvent): void {
    // Events coalesced into this one are older positions: the newest alone is where the hand is.
    const place = this.placeOf(event);
    if (this.fingers.size > 1 && this.fingers.has(event.pointerId)) {
      this.pinch(event.pointerId, place);
      return;
    }
    const press = this.press;
    if (!press) {
      if (event.pointerType !== "touch") this.handlers.hover(place);
      return;
    }
    if (press.id !== event.pointerId) return;
    press.moved ||= apart(place, press.start) >= (SLOP[press.type] ?? SLOP["mouse"]!);
    const { kind } = press.grip;
    if (kind === "probe" || kind === "lasso" || (press.moved && (kind === "point" || kind === "stop"))) {
      const { offset } = press;
      this.handlers.carry(press.grip, { left: place.left + offset.left, top: place.top + offset.top }, event.timeStamp);
    } else if (press.moved && kind === "map") {
      this.handlers.pan(place.left - press.last.left, place.top - press.last.top);
    }
    if (press.moved || kind !== "map") press.last = place;
  }

  private up(event: PointerEvent, cancelled: boolean): void {
    this.fingers.delete(event.pointerId);
    const press = this.press;
    if (!press || press.id !== event.pointerId) return;
    this.press = null;
    if (press.grip.kind !== "map") this.handlers.drop(press.grip, press.moved, cancelled);
    else if (!press.moved && !cancelled && event.button === 0) {
      this.handlers.tap(press.start, press.type === "touch", event.timeStamp);
    }
  }

  private pinch(id: number, place: Place): void {
    const others = [...this.fingers].filter(([other]) => other !== id).map(([, at]) => at);
    const other = others[0];
    const before = this.fingers.get(id);
    this.fingers.set(id, place);
    if (!other || !before) return;
    const from = middle(before, other);
    const to = middle(place, other);
    this.handlers.pan(to.left - from.left, to.top - from.top);
    this.handlers.zoom(apart(place, other) / Math.max(1, apart(before, other)), to);
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_LINE;
    this.handlers.zoom(Math.exp(-pixels * (event.ctrlKey ? PINCH_STEP : WHEEL_STEP)), this.placeOf(event));
  }
}
