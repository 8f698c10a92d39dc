import { element } from "../page/dom";

/** The pad's own resolution: ten times that of the digits it is mostly drawn for. */
const SIDE = 280;
const BRUSH = 22;

/** A square to draw on, white on black. */
export class Pad {
  readonly canvas = element("canvas", { class: "pad", width: SIDE, height: SIDE, role: "img", "aria-label": "Drawing pad", title: "Draw here" });
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private last: { readonly x: number; readonly y: number } | null = null;

  /** @param onStroke told while a stroke is drawn, and at its end */
  constructor(
    private readonly onStroke: (ended: boolean) => void,
    signal: AbortSignal,
  ) {
    this.clear();
    const listen = (name: "pointerdown" | "pointermove" | "pointerup" | "pointercancel", act: (event: PointerEvent) => void): void =>
      this.canvas.addEventListener(name, act, { signal });
    listen("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      this.last = this.placeOf(event);
      this.line(this.last, this.last);
    });
    listen("pointermove", (event) => {
      if (!this.last) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) {
        const place = this.placeOf(part);
        this.line(this.last, place);
        this.last = place;
      }
      this.onStroke(false);
    });
    const end = (): void => {
      if (!this.last) return;
      this.last = null;
      this.onStroke(true);
    };
    listen("pointerup", end);
    listen("pointercancel", end);
  }

  clear(): void {
    this.context.fillStyle = "black";
    this.context.fillRect(0, 0, SIDE, SIDE);
  }

  pixels(): ImageData {
    return this.context.getImageData(0, 0, SIDE, SIDE);
  }

  private placeOf(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * SIDE) / box.width, y: ((event.clientY - box.top) * SIDE) / box.height };
  }

  private line(from: { x: number; y: number }, to: { x: number; y: number }): void {
    const { context } = this;
    context.strokeStyle = "white";
    context.lineWidth = BRUSH;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
}
