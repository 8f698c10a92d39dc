/** As much of a document as makes canvases, whose pixels can be looked at. */
import { Surface } from "./surface";

class Pixels {
  readonly data: Uint8ClampedArray;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}

/** A canvas that takes what is put on it, and knows what has been drawn from where to where. */
export class FakeCanvas extends Surface {
  readonly style: Record<string, string> = {};
  width = 300;
  height = 150;
  /** What the pixels are asked for with first. */
  wish: unknown = null;
  readonly drawn: unknown[][] = [];
  readonly classes = new Set<string>();
  readonly classList = { add: (name: string) => void this.classes.add(name), remove: (name: string) => void this.classes.delete(name) };
  private made: object | null = null;
  private readonly pixels = new Map<number, readonly number[]>();

  setAttribute(name: string, value: string): void {
    if (name === "width" || name === "height") this[name] = Number(value);
  }

  append(): void {}

  removeAttribute(): void {}

  /** The alpha of a pixel that has been put. */
  alphaAt(left: number, top: number): number {
    return this.colorAt(left, top)[3]!;
  }

  /** Red, green, blue and alpha of a pixel that has been put. */
  colorAt(left: number, top: number): readonly number[] {
    return this.pixels.get(top * this.width + left) ?? [0, 0, 0, 0];
  }

  getContext(_kind: string, wish?: unknown): object {
    if (!this.made) this.wish = wish ?? null;
    return (this.made ??= {
      canvas: this,
      setTransform: () => undefined,
      clearRect: () => this.pixels.clear(),
      createImageData: (width: number, height: number) => new Pixels(width, height),
      putImageData: (image: Pixels, left: number, top: number) => this.put(image, left, top),
      drawImage: (...drawn: unknown[]) => this.drawn.push(drawn),
      fillRect: () => undefined,
      getImageData: (_left: number, _top: number, width: number, height: number) => {
        const image = new Pixels(width, height);
        if (this.width * this.height <= FakeCanvas.mostPixels) image.data.fill(255);
        return image;
      },
    });
  }

  toBlob(take: (blob: Blob | null) => void): void {
    take(this.width * this.height <= FakeCanvas.mostPixels ? new Blob(["a picture"]) : null);
  }

  /** More than this no canvas holds. */
  static mostPixels = Infinity;

  private put(image: Pixels, left: number, top: number): void {
    this.pixels.clear();
    for (let row = 0; row < image.height; row++) {
      for (let column = 0; column < image.width; column++) {
        const [x, y] = [left + column, top + row];
        const place = 4 * (row * image.width + column);
        const color = [...image.data.subarray(place, place + 4)];
        if (color[3]! > 0 && x >= 0 && y >= 0 && x < this.width && y < this.height) this.pixels.set(y * this.width + x, color);
      }
    }
  }
}

/** Makes every element a canvas; they are listed as they are made. */
export function canvasDocument(): FakeCanvas[] {
  const made: FakeCanvas[] = [];
  const createElement = (): FakeCanvas => {
    const canvas = new FakeCanvas();
    made.push(canvas);
    return canvas;
  };
  Object.assign(globalThis, { document: { createElement }, ImageData: Pixels, devicePixelRatio: 1 });
  return made;
}
