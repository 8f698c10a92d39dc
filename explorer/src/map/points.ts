import { clamp } from "../base/geometry";
import { toWord } from "../page/palette";
import { StillCanvas } from "../page/stillCanvas";
import type { Rgb } from "../page/theme";
import type { View } from "./view";

/** Places inside a device pixel, each way, for which a disc has a mask of its own. */
const PHASES = 4;

/** Pixels from a disc's own that it may touch. */
const reachOf = (radius: number): number => Math.ceil(radius + 1);

/** How much of each device pixel round its centre a small disc covers, for every phase. */
class DiscMasks {
  readonly reach: number;
  /** For each phase, offsets in a row-major image of the given width … */
  readonly offsets: Int32Array[] = [];
  /** … and the opacity there, 1 to 255. */
  readonly opacities: Uint8Array[] = [];

  constructor(
    readonly radius: number,
    readonly opacity: number,
    readonly width: number,
  ) {
    this.reach = reachOf(radius);
    for (let row = 0; row < PHASES; row++) {
      for (let column = 0; column < PHASES; column++) this.add((column + 0.5) / PHASES, (row + 0.5) / PHASES);
    }
  }

  private add(left: number, top: number): void {
    const offsets: number[] = [];
    const opacities: number[] = [];
    for (let y = -this.reach; y <= this.reach; y++) {
      for (let x = -this.reach; x <= this.reach; x++) {
        const covered = clamp(this.radius + 0.5 - Math.hypot(x + 0.5 - left, y + 0.5 - top), 0, 1);
        const opacity = Math.round(255 * covered * this.opacity);
        if (opacity === 0) continue;
        offsets.push(y * this.width + x);
        opacities.push(opacity);
      }
    }
    this.offsets.push(Int32Array.from(offsets));
    this.opacities.push(Uint8Array.from(opacities));
  }
}

/** Radius in CSS pixels and opacity of a point: smaller and fainter where many share the map, growing with zoom. */
export function pointStyle(count: number, width: number, height: number, zoom: number): { radius: number; opacity: number } {
  const share = Math.sqrt((0.15 * width * height) / (Math.PI * Math.max(1, count)));
  const radius = clamp(share, 1.15, 3.4) * clamp(Math.sqrt(zoom), 0.75, 2.6);
  return { radius, opacity: clamp(0.55 + 0.12 * share * zoom, 0.6, 0.92) };
}

/** The word of a colour that is drawn before all others, so that it hides none of them. */
export const standingBack = (rgb: Rgb): number => ((toWord(rgb) & 0xffffff) | (BACK << 24)) >>> 0;

/** The alphas of a colour that stands back and of any other that is drawn; how opaque a point is its style says. */
const BACK = 0x7f;
const FRONT = 0xff;

/** `color` over what is there, both 0xAABBGGRR and not premultiplied. */
function over(below: number, color: number, opacity: number): number {
  const alphaBelow = below >>> 24;
  // Of the two, the weight of the new colour, of 256; below an opaque pixel that is the opacity itself.
  let weight = opacity + (opacity >> 7);
  let alpha = 255;
  if (alphaBelow !== 255) {
    alpha = opacity + (((255 - opacity) * alphaBelow + 127) / 255 | 0);
    weight = ((opacity << 8) / alpha) | 0;
  }
  const rest = 256 - weight;
  // Red and blue travel together, eight bits of room between them.
  const redBlue = ((Math.imul(below & 0xff00ff, rest) + Math.imul(color & 0xff00ff, weight)) >>> 8) & 0xff00ff;
  const green = ((Math.imul(below & 0xff00, rest) + Math.imul(color & 0xff00, weight)) >>> 8) & 0xff00;
  return (alpha << 24) | redBlue | green;
}

/** Draws tens of thousands of small anti-aliased discs into one image, on the processor. */
export class PointRenderer {
  private readonly still: StillCanvas;
  private image: ImageData | null = null;
  /** The image's pixels, a word each; signed, which engines keep in plain registers. */
  private words = new Int32Array(0);
  private masks: DiscMasks | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.still = new StillCanvas(canvas);
  }

  /**
   * @param points x and y in turn, in map units
   * @param colors a point's colour as 0xAABBGGRR; a point with no alpha is not drawn
   * @param count draw the first so many points, in the style of all
   * @param density pixels of the image a CSS pixel
   */
  draw(points: Float32Array, colors: Uint32Array, count: number, view: View, density: number): void {
    const style = pointStyle(colors.length, view.width, view.height, view.zoom);
    const radius = style.radius * density;
    const reach = reachOf(radius);
    // Round the canvas there is room for the discs that cross its edge, and for what such a disc has outside of it.
    const border = 2 * reach;
    const pen = this.still.begin(view.width, view.height, density);
    const [wide, high] = [pen.canvas.width + 2 * border, pen.canvas.height + 2 * border];
    const image = this.cleared(wide, high);
    const masks = this.masksFor(radius, style.opacity, wide);
    const origin = view.toPlace({ x: 0, y: 0 });
    const originLeft = origin.left * density + border;
    const originTop = origin.top * density + border;
    const scale = view.scale * density;
    const layers = colors.some((color) => color >>> 24 === BACK) ? [BACK, FRONT] : [FRONT];
    for (let step = 0; step < layers.length * count; step++) {
      const index = step % count;
      const color = colors[index]! | 0;
      const left = originLeft + points[2 * index]! * scale;
      const top = originTop - points[2 * index + 1]! * scale;
      const column = Math.floor(left);
      const row = Math.floor(top);
      if (column < reach || row < reach || column >= wide - reach || row >= high - reach || color >>> 24 !== layers[Math.floor(step / count)]) continue;
      const phase = (((top - row) * PHASES) | 0) * PHASES + (((left - column) * PHASES) | 0);
      this.stamp(row * wide + column, masks.offsets[phase]!, masks.opacities[phase]!, color);
    }
    pen.putImageData(image, -border, -border);
    this.still.show();
  }

  private stamp(center: number, offsets: Int32Array, opacities: Uint8Array, color: number): void {
    const words = this.words;
    for (let slot = 0; slot < offsets.length; slot++) {
      const pixel = center + offsets[slot]!;
      const opacity = opacities[slot]!;
      const below = words[pixel]!;
      words[pixel] = below === 0 ? ((opacity << 24) | (color & 0xffffff)) : over(below, color, opacity);
    }
  }

  private cleared(width: number, height: number): ImageData {
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
      this.words = new Int32Array(this.image.data.buffer);
    } else {
      this.words.fill(0);
    }
    return this.image;
  }

  private masksFor(radius: number, opacity: number, width: number): DiscMasks {
    const masks = this.masks;
    if (masks?.radius === radius && masks.opacity === opacity && masks.width === width) return masks;
    return (this.masks = new DiscMasks(radius, opacity, width));
  }
}
