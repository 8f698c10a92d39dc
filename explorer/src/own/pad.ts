import type { Manifest } from "../model/manifest";
import { element } from "../page/dom";
import type { Picture } from "./trainingPixels";

/** The pad's own resolution: ten times that of the digits it is mostly drawn for. */
const SIDE = 280;
const BRUSH = 22;

/** What a model's images suggest: digits are turned to the data's own side anyway, all else is taken as it is drawn. */
export function padColours({ data }: Pick<Manifest, "data">): { readonly ground: string; readonly ink: string } {
  const taken = data.framing === "crop" || data.framing === "padded";
  const ground = taken ? Math.round(255 * data.background) : 0;
  return { ground: `rgb(${ground}, ${ground}, ${ground})`, ink: ground < 128 ? "#ffffff" : "#000000" };
}

/** A square to draw on. */
export class Pad {
  readonly canvas = element("canvas", { class: "pad", width: SIDE, height: SIDE, role: "img", "aria-label": "Drawing pad", title: "Draw here" });
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  /** The pointer that draws, and where it was last: a palm beside the pen draws nothing. */
  private stroke: { readonly id: number; last: { readonly x: number; readonly y: number } } | null = null;

  /**
   * @param ground a colour of CSS, as is what `ink` may be set to
   * @param onStroke told while a stroke is drawn, and at its end
   */
  constructor(
    private readonly ground: string,
    public ink: string,
    private readonly onStroke: (ended: boolean) => void,
    signal: AbortSignal,
  ) {
    this.clear();
    const listen = (name: "pointerdown" | "pointermove" | "pointerup" | "pointercancel" | "lostpointercapture", act: (event: PointerEvent) => void): void =>
      this.canvas.addEventListener(name, act, { signal });
    listen("pointerdown", (event) => {
      if (event.button !== 0 || event.ctrlKey || this.stroke) return;
      this.canvas.setPointerCapture(event.pointerId);
      const last = this.placeOf(event);
      this.stroke = { id: event.pointerId, last };
      this.line(last, last);
    });
    listen("pointermove", (event) => this.draw(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) listen(name, (event) => this.end(event));
  }

  clear(): void {
    this.fill(this.ground);
  }

  fill(colour: string): void {
    this.context.fillStyle = colour;
    this.context.fillRect(0, 0, SIDE, SIDE);
  }

  picture(): Picture {
    const { data, width, height } = this.context.getImageData(0, 0, SIDE, SIDE);
    return { data, width, height, levels: [0, 255] };
  }

  private draw(event: PointerEvent): void {
    const { stroke } = this;
    if (stroke?.id !== event.pointerId) return;
    if (event.pointerType !== "touch" && event.buttons === 0) {
      this.end(event);
      return;
    }
    const parts = event.getCoalescedEvents?.() ?? [];
    // Some browsers hand over an empty list of what the event stands for.
    for (const part of parts.length > 0 ? parts : [event]) {
      const place = this.placeOf(part);
      this.line(stroke.last, place);
      stroke.last = place;
    }
    this.onStroke(false);
  }

  private end(event: PointerEvent): void {
    if (this.stroke?.id !== event.pointerId) return;
    this.stroke = null;
    this.onStroke(true);
  }

  private placeOf(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * SIDE) / box.width, y: ((event.clientY - box.top) * SIDE) / box.height };
  }

  private line(from: { x: number; y: number }, to: { x: number; y: number }): void {
    const { context } = this;
    context.strokeStyle = this.ink;
    context.lineWidth = BRUSH;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
}
