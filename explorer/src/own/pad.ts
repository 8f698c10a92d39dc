import type { Manifest } from "../model/manifest";
import { element } from "../page/dom";
import { within } from "../state/codec";
import type { Picture } from "./trainingPixels";

/** The pad's own resolution: ten times that of the digits it is mostly drawn for. */
const SIDE = 280;
const BRUSH = 22;
/** Pixels of the pad: what is nearer to where a stroke was goes without being told. */
const STEP = 1;
/** Strokes go on beside the pad, though never as far as this. */
const FARTHEST = 100 * SIDE;

/** A colour, and the places through which it was drawn, across and down in turn; all of the pad, where there are none. */
type Stroke = [colour: string, ...places: number[]];

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
  private strokes: Stroke[] = [];

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
      this.strokes.push([this.ink, last.x, last.y]);
      this.line(this.ink, last, last);
    });
    listen("pointermove", (event) => this.draw(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) listen(name, (event) => this.end(event));
  }

  clear(): void {
    this.fill(this.ground);
    this.strokes = [];
  }

  fill(colour: string): void {
    this.strokes = [[colour]];
    this.context.fillStyle = colour;
    this.context.fillRect(0, 0, SIDE, SIDE);
  }

  /** What has been drawn, for drawing it again; empty of a pad that is as it was at first. */
  get drawing(): readonly (readonly (string | number)[])[] {
    return this.strokes;
  }

  /** Draws what was drawn once, and does nothing with what is no drawing. */
  redraw(drawing: unknown): void {
    if (!isDrawing(drawing)) return;
    this.clear();
    for (const [colour, ...places] of drawing) {
      if (places.length === 0) this.fill(colour);
      let last = { x: places[0]!, y: places[1]! };
      for (let at = 0; at < places.length; at += 2) {
        const place = { x: places[at]!, y: places[at + 1]! };
        this.line(colour, last, place);
        last = place;
      }
    }
    this.strokes = drawing.map((stroke) => [...stroke]);
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
      if (Math.hypot(place.x - stroke.last.x, place.y - stroke.last.y) < STEP) continue;
      const drawn = this.strokes.at(-1)!;
      drawn.push(place.x, place.y);
      this.line(drawn[0], stroke.last, place);
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
    const along = (place: number, side: number): number => Math.round((10 * place * SIDE) / side) / 10;
    return { x: along(event.clientX - box.left, box.width), y: along(event.clientY - box.top, box.height) };
  }

  private line(colour: string, from: { x: number; y: number }, to: { x: number; y: number }): void {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = BRUSH;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
}

function isDrawing(value: unknown): value is Stroke[] {
  const isStroke = (stroke: unknown): boolean =>
    Array.isArray(stroke) && typeof stroke[0] === "string" && stroke.length % 2 === 1 && stroke.slice(1).every((place) => within(place, -FARTHEST, FARTHEST));
  return Array.isArray(value) && value.every(isStroke);
}
