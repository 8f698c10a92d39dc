import type { Place } from "../base/geometry";
import type { Transaction, Underway } from "../base/underway";

/** What a press can hold and carry. */
export type Held =
  | { readonly kind: "probe" | "lasso" }
  | { readonly kind: "point"; readonly point: number }
  | { readonly kind: "stop"; readonly stop: number };

/** What a press took hold of: something on the map, or the map itself. */
export type Grip = Held | { readonly kind: "map" };

export interface GestureHandlers {
  /** What lies under a pointer; `touch` asks for a wider reach, `shift` for a lasso. */
  pick(place: Place, touch: boolean, shift: boolean): Grip;
  /** Where the thing held is now, so that it is carried by where it was taken. */
  anchorOf(grip: Grip, place: Place): Place;
  /** A press has taken hold of something; every move of it follows, then either of the two ends. */
  begin(held: Held, place: Place, time: number): void;
  preview(held: Held, place: Place, time: number): void;
  commit(held: Held): void;
  /** By a key, a second finger, a lost pointer or the system: all is to be as it was before. */
  cancel(held: Held): void;
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

/** How Safari tells of a trackpad's pinch: the scale since it began. */
type PinchEvent = MouseEvent & { readonly scale: number };

interface Press {
  readonly id: number;
  readonly type: string;
  readonly grip: Grip;
  /** Null while the map itself is held. */
  readonly transaction: Transaction | null;
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
  private pinched = 1;

  constructor(
    private readonly surface: HTMLElement,
    private readonly handlers: GestureHandlers,
    private readonly underway: Underway,
    signal: AbortSignal,
  ) {
    const listen = <Name extends keyof HTMLElementEventMap>(name: Name, handle: (event: HTMLElementEventMap[Name]) => void): void =>
      surface.addEventListener(name, handle, { signal, passive: false });
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.up(event, false));
    listen("pointercancel", (event) => this.up(event, true));
    // What the surface takes from a child of its own is not lost.
    listen("lostpointercapture", (event) => surface.hasPointerCapture(event.pointerId) || this.up(event, true));
    listen("pointerleave", () => this.press || handlers.hover(null));
    listen("wheel", (event) => this.wheel(event));
    for (const name of ["gesturestart", "gesturechange"]) {
      surface.addEventListener(name, (event) => this.trackpad(event as PinchEvent), { signal, passive: false });
    }
    const { ownerDocument } = surface;
    ownerDocument.defaultView?.addEventListener("blur", () => this.leave(), { signal });
    ownerDocument.addEventListener("visibilitychange", () => ownerDocument.hidden && this.leave(), { signal });
  }

  private placeOf(event: MouseEvent): Place {
    const box = this.surface.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  }

  private down(event: PointerEvent): void {
    const middleButton = event.button === 1;
    if (event.button !== 0 && !middleButton) return;
    const touch = event.pointerType === "touch";
    // A Mac's secondary click opens a menu, which swallows the release.
    if (event.ctrlKey && !touch) return;
    // What one pointer holds no other takes away; but two fingers pinch.
    if (this.press && !(touch && this.press.type === "touch")) return;
    const place = this.placeOf(event);
    this.surface.setPointerCapture(event.pointerId);
    if (touch) {
      this.fingers.set(event.pointerId, place);
      if (this.fingers.size > 1) {
        this.giveUp();
        return;
      }
    }
    if (middleButton) event.preventDefault();
    this.handlers.hover(null);
    const grip: Grip = middleButton ? { kind: "map" } : this.handlers.pick(place, touch, event.shiftKey);
    const held = this.handlers.anchorOf(grip, place);
    const transaction = grip.kind === "map" ? null : this.transaction(grip);
    if (transaction) this.underway.begin(transaction);
    this.press = {
      id: event.pointerId,
      type: event.pointerType,
      grip,
      transaction,
      start: place,
      offset: { left: held.left - place.left, top: held.top - place.top },
      last: place,
      moved: false,
    };
    if (grip.kind !== "map") this.handlers.begin(grip, place, event.timeStamp);
  }

  private transaction(held: Held): Transaction {
    const ended = (tell: (held: Held) => void) => (): void => {
      this.press = null;
      tell(held);
    };
    return { commit: ended((it) => this.handlers.commit(it)), cancel: ended((it) => this.handlers.cancel(it)) };
  }

  private move(event: PointerEvent): void {
    // Events coalesced into this one are older positions: the newest alone is where the hand is.
    const place = this.placeOf(event);
    if (this.fingers.size > 1 && this.fingers.has(event.pointerId)) {
      this.pinch(event.pointerId, place);
      return;
    }
    // The release went elsewhere: to a menu, or to another window.
    if (this.press?.id === event.pointerId && event.pointerType !== "touch" && event.buttons === 0) this.giveUp();
    const press = this.press;
    if (!press) {
      if (event.pointerType !== "touch") this.handlers.hover(place);
      return;
    }
    if (press.id !== event.pointerId) return;
    press.moved ||= apart(place, press.start) >= (SLOP[press.type] ?? SLOP["mouse"]!);
    const { grip } = press;
    if (grip.kind === "map") {
      if (!press.moved) return;
      this.handlers.pan(place.left - press.last.left, place.top - press.last.top);
    } else if (press.moved || grip.kind === "probe" || grip.kind === "lasso") {
      const { offset } = press;
      this.handlers.preview(grip, { left: place.left + offset.left, top: place.top + offset.top }, event.timeStamp);
    }
    press.last = place;
  }

  private up(event: PointerEvent, cancelled: boolean): void {
    this.fingers.delete(event.pointerId);
    const press = this.press;
    if (!press || press.id !== event.pointerId) return;
    if (cancelled) {
      this.giveUp();
      return;
    }
    this.press = null;
    if (press.transaction) this.underway.commit(press.transaction);
    else if (!press.moved && event.button === 0) this.handlers.tap(press.start, press.type === "touch", event.timeStamp);
  }

  /** Ends the press; whatever it held goes back. */
  private giveUp(): void {
    const press = this.press;
    this.press = null;
    if (press?.transaction) this.underway.cancel(press.transaction);
  }

  /** The window is no longer the one in front: no release will be told. */
  private leave(): void {
    this.fingers.clear();
    this.giveUp();
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

  private trackpad(event: PinchEvent): void {
    event.preventDefault();
    // Fingers on a screen make these events too, and have been heard already.
    if (event.type === "gesturechange" && this.fingers.size === 0) this.handlers.zoom(event.scale / this.pinched, this.placeOf(event));
    this.pinched = event.type === "gesturestart" ? 1 : event.scale;
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_LINE;
    this.handlers.zoom(Math.exp(-pixels * (event.ctrlKey ? PINCH_STEP : WHEEL_STEP)), this.placeOf(event));
  }
}
