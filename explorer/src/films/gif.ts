import { applyPalette, GIFEncoder, type Palette, quantize } from "gifenc";
import type { FilmImages, FilmSettings } from "../options";
import { Painter } from "./painter";
import { ticksOf } from "./timing";

const TICKS = 100; // a second
const COLOURS = 256;
const GREYS: Palette = Array.from({ length: COLOURS }, (_, level) => [level, level, level]);

/** A picture as indices into its palette. */
interface Indexed {
  readonly indices: Uint8Array;
  readonly palette: Palette;
}

/** A GIF with one frame for each place of the order. Grey images are exact; of colours, each frame has the 256 that suit it best. */
export async function writeGif(
  { images, size, channels }: FilmImages,
  order: readonly number[],
  { side, framesPerSecond, repeat }: FilmSettings,
  beforeFrame: (frame: number) => Promise<void>,
): Promise<Blob> {
  const painter = new Painter(size, channels, side);
  const ticks = ticksOf(order.length, framesPerSecond, TICKS);
  const gif = GIFEncoder();
  for (const [frame, index] of order.entries()) {
    await beforeFrame(frame);
    const { indices, palette } = channels === 1 ? grey(painter, images[index]!, size, side) : coloured(painter, images[index]!, size, side);
    const own = frame === 0 || palette !== GREYS ? { palette } : {};
    gif.writeFrame(indices, side, side, { ...own, delay: (1000 / TICKS) * ticks[frame]!, repeat: repeat === "once" ? -1 : 0 });
  }
  gif.finish();
  return new Blob([gif.bytes()], { type: "image/gif" });
}

function grey(painter: Painter, image: Float32Array, size: number, side: number): Indexed {
  const rgba = pixelsFor(painter, image, size, side);
  const levels = Uint8Array.from({ length: rgba.length / 4 }, (_, pixel) => rgba[4 * pixel]!);
  return { indices: enlarged(levels, side), palette: GREYS };
}

function coloured(painter: Painter, image: Float32Array, size: number, side: number): Indexed {
  const rgba = pixelsFor(painter, image, size, side);
  const exact = fewColours(rgba);
  const palette = exact ? exact.palette : quantize(rgba, COLOURS);
  return { indices: enlarged(exact?.indices ?? applyPalette(rgba, palette), side), palette };
}

/** Pixels to choose the colours from: of an image that will be enlarged its own, which are fewer. */
function pixelsFor(painter: Painter, image: Float32Array, size: number, side: number): Uint8ClampedArray {
  if (side >= size) return painter.read(image);
  painter.draw(image);
  return painter.drawn();
}

/** A picture that has no more colours than a GIF, exactly; null for any other. */
function fewColours(rgba: Uint8ClampedArray): Indexed | null {
  const known = new Map<number, number>();
  const palette: Palette = [];
  const indices = new Uint8Array(rgba.length / 4);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const [red, green, blue] = [rgba[4 * pixel]!, rgba[4 * pixel + 1]!, rgba[4 * pixel + 2]!];
    const word = (red << 16) | (green << 8) | blue;
    let index = known.get(word);
    if (index === undefined) {
      if (palette.length === COLOURS) return null;
      index = palette.push([red, green, blue]) - 1;
      known.set(word, index);
    }
    indices[pixel] = index;
  }
  return { indices, palette };
}

/** A square picture's indices for one of `side` pixels a side, each pixel repeated. */
function enlarged(indices: Uint8Array, side: number): Uint8Array {
  const size = Math.sqrt(indices.length);
  if (size === side) return indices;
  const from = Array.from({ length: side }, (_, at) => Math.floor(((at + 0.5) * size) / side));
  const large = new Uint8Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) large[row * side + column] = indices[from[row]! * size + from[column]!]!;
  }
  return large;
}
