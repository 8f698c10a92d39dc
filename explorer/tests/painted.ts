/** Pictures that tests paint pixel by pixel. */
import type { Picture } from "../src/own/trainingPixels";

export type Paint = (column: number, row: number) => readonly number[];

/** A picture by the red, green, blue and opacity (255 if left out) of each pixel. */
export function picture(width: number, height: number, paint: Paint): Picture {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    data.set([...paint(pixel % width, Math.floor(pixel / width)), 255].slice(0, 4), 4 * pixel);
  }
  return { data, width, height };
}

export const gray = (level: number): readonly number[] => [level, level, level];
