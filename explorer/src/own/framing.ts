import { clamp } from "../base/geometry";
import type { Framing, Ground, Levels, Manifest } from "../model/manifest";
import { type Box, type Plane, resampled } from "./resample";
import { type Picture, trainingPixels } from "./trainingPixels";

/** How a model wants its images. */
export interface Frame {
  readonly size: number;
  /** 1 (grey) or 3. */
  readonly channels: number;
  readonly framing: Framing;
  /** Brightness of the border of the data's images, 0 (dark) to 1. */
  readonly background: number;
  /** Behind transparent parts, for the framings crop and padded. */
  readonly ground: Ground;
  /** The bytes that are black and white, for the framings crop and padded. */
  readonly levels: Levels;
  /** A pixel is 0 or 1. */
  readonly binarised: boolean;
}

/** How a model's data set was framed. */
export function frameOf({ model, data }: Manifest): Frame {
  const { framing, background, ground, levels, binarised } = data;
  return { size: model.image_size, channels: model.channels, framing, background, ground, levels, binarised };
}

/** No ink needs more: a picture with a longer side is scaled down before its ink is looked for. */
const LARGEST_SIDE = 2048;

/** The longer side of a digit's box, as a share of the image: MNIST fits it into 20 of 28 pixels. */
const DIGIT = 20 / 28;
/** A picture that differs from its border by less than this is empty. */
const FAINTEST = 0.1;
/** Ink below this share of the darkest is noise of the paper or the camera. */
const NOISE = 0.1;
/** The largest difference between a border and the data's for a picture to count as one of the data's own. */
const SAME = 0.04;
/** Pixels from the middle to the centre of mass of a digit that is in place: 1, and what leaving out noise moves it. */
const OFF_CENTER = 1.1;
/** A border this far from black and from white says nothing of which of the two is the ink. */
const GREY = 1 / 3;

/**
 * A picture as a model's input, (channels, size, size) in [0, 1], framed as the data set was; null if it is empty. A
 * picture that is one of the data's own already comes back pixel for pixel: framing again would blur it.
 */
export function framed(picture: Picture, frame: Frame): Float32Array | null {
  const input = framedGrey(picture, frame);
  // Training drew by chance, with its grey for a pixel's chance to be 1: this is the likeliest draw, and the same each time.
  return frame.binarised && input ? binarised(input) : input;
}

/** 0 and 1 alone, whichever is nearer. */
export const binarised = (image: Float32Array): Float32Array => image.map((grey) => (grey > 0.5 ? 1 : 0));

function framedGrey(picture: Picture, frame: Frame): Float32Array | null {
  if (picture.width === 0 || picture.height === 0) return null;
  const { size, channels, framing, ground, levels } = frame;
  if (framing === "crop" || framing === "padded") {
    const input = trainingPixels(picture, { size, channels, padded: framing === "padded", ground, levels });
    // What is faint in the file may be strong between the data's levels and on their ground, and a detail be lost in the frame.
    return isEmpty(planesIn(input, size)) && isEmpty(planesOf(picture, channels).map(ofHandySize)) ? null : input;
  }
  const planes = planesOf(picture, channels).map(ofHandySize);
  if (isEmpty(planes)) return null;
  const borders = planes.map(borderOf);
  const exact = picture.width === size && picture.height === size;
  if (exact && framing === "box") return stacked(planes);

  const dark = frame.background < 0.5;
  const side = sideOfInk(planes, borders);
  const inks = planes.map((plane, channel) => inkOf(plane, borders[channel]!, side));
  if (!inks.some(({ values }) => values.some((value) => value > 0))) return null;
  const box = boxOf(inks);
  if (framing === "box") return onGround(inks.map((ink) => boxed(ink, box, size)), dark);
  if (exact && isOneOfTheData(inks, box, borders, dark)) return stacked(planes);
  return onGround(stretched(massCentred(inks, box, size)), dark);
}

const grey = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue; // ITU-R BT.601

/** The picture without transparency, as red, green and blue or as their grey. */
function planesOf(picture: Picture, channels: number): Plane[] {
  const { data, width, height } = picture;
  const ground = groundOf(picture);
  const planes = Array.from({ length: channels }, () => ({ values: new Float32Array(width * height), width, height }));
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = 4 * pixel;
    const opacity = data[at + 3]! / 255;
    const red = opacity * data[at]! + (1 - opacity) * ground[0]!;
    const green = opacity * data[at + 1]! + (1 - opacity) * ground[1]!;
    const blue = opacity * data[at + 2]! + (1 - opacity) * ground[2]!;
    planes[0]!.values[pixel] = (channels === 1 ? grey(red, green, blue) : red) / 255;
    if (channels === 1) continue;
    planes[1]!.values[pixel] = green / 255;
    planes[2]!.values[pixel] = blue / 255;
  }
  return planes;
}

function ofHandySize(plane: Plane): Plane {
  const { width, height } = plane;
  const scale = LARGEST_SIDE / Math.max(width, height);
  if (scale >= 1) return plane;
  const scaled = (side: number): number => Math.max(1, Math.round(side * scale));
  return resampled(plane, { left: 0, top: 0, width, height }, scaled(width), scaled(height));
}

/**
 * What shows through transparent pixels, as bytes: the border's own colour where most of the border has one; else white,
 * or black behind what is itself bright and would be lost on white.
 */
function groundOf({ data, width, height }: Picture): readonly [number, number, number] {
  const border = borderPixels(width, height);
  const opaque = border.filter((pixel) => data[4 * pixel + 3]! >= 128);
  if (2 * opaque.length > border.length) {
    const middle = (channel: number): number => median(Float32Array.from(opaque, (pixel) => data[4 * pixel + channel]!));
    return [middle(0), middle(1), middle(2)];
  }
  let brightness = 0;
  let opacity = 0;
  for (let at = 0; at < data.length; at += 4) {
    brightness += (data[at + 3]! * grey(data[at]!, data[at + 1]!, data[at + 2]!)) / 255;
    opacity += data[at + 3]!;
  }
  return brightness > 0.5 * opacity ? [0, 0, 0] : [255, 255, 255];
}

function borderPixels(width: number, height: number): number[] {
  const pixels: number[] = [];
  for (let column = 0; column < width; column++) pixels.push(column, (height - 1) * width + column);
  for (let row = 1; row < height - 1; row++) pixels.push(row * width, (row + 1) * width - 1);
  return pixels;
}

const median = (values: Float32Array): number => values.sort()[values.length >> 1]!;

function borderOf({ values, width, height }: Plane): number {
  return median(Float32Array.from(borderPixels(width, height), (pixel) => values[pixel]!));
}

/** Whether nothing differs from the border by more than paper and camera do. */
function isEmpty(planes: readonly Plane[]): boolean {
  return planes.every((plane) => {
    const border = borderOf(plane);
    return plane.values.every((value) => Math.abs(value - border) < FAINTEST);
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** 1 where ink is brighter than the picture's border, −1 where it is darker. */
function sideOfInk(planes: readonly Plane[], borders: readonly number[]): 1 | -1 {
  const border = mean(borders);
  if (border > GREY && border < 1 - GREY) {
    // Squares, so that strokes weigh more than shading of the ground.
    const sides = planes.map(({ values }, channel) =>
      values.reduce((sum, value) => sum + (value - borders[channel]!) * Math.abs(value - borders[channel]!), 0),
    );
    return mean(sides) > 0 ? 1 : -1;
  }
  return border > 0.5 ? -1 : 1;
}

/** How much a plane differs from its border to the ink's side, 0 where that is no more than noise. */
function inkOf({ values, width, height }: Plane, border: number, side: 1 | -1): Plane {
  const most = values.reduce((best, value) => Math.max(best, side * (value - border)), 0);
  if (most < FAINTEST) return { values: new Float32Array(values.length), width, height };
  return {
    values: values.map((value) => {
      const ink = side * (value - border);
      return ink < NOISE * most ? 0 : ink;
    }),
    width,
    height,
  };
}

/** The smallest box round all ink. */
function boxOf(inks: readonly Plane[]): Box {
  const { width, height } = inks[0]!;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (const { values } of inks) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        if (values[row * width + column] === 0) continue;
        left = Math.min(left, column);
        right = Math.max(right, column);
        top = Math.min(top, row);
        bottom = Math.max(bottom, row);
      }
    }
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function centerOfMass(inks: readonly Plane[]): { readonly left: number; readonly top: number } {
  let [mass, left, top] = [0, 0, 0];
  for (const { values, width } of inks) {
    values.forEach((value, pixel) => {
      mass += value;
      left += value * ((pixel % width) + 0.5);
      top += value * (Math.floor(pixel / width) + 0.5);
    });
  }
  return { left: left / mass, top: top / mass };
}

/** Whether a picture of the right size is framed as MNIST's are, ground, size and place. */
function isOneOfTheData(inks: readonly Plane[], box: Box, borders: readonly number[], dark: boolean): boolean {
  const size = inks[0]!.width;
  const { left, top } = centerOfMass(inks);
  const digit = Math.round(DIGIT * size);
  return (
    borders.every((border) => Math.abs(border - (dark ? 0 : 1)) <= SAME) &&
    Math.max(box.width, box.height) <= digit &&
    Math.max(Math.abs(left - size / 2), Math.abs(top - size / 2)) <= OFF_CENTER
  );
}

/**
 * MNIST's framing: the ink's box scaled to 20 of 28 pixels, its proportions kept, then moved by whole pixels until the
 * centre of mass is in the middle (Y. LeCun, C. Cortes, C. Burges, “The MNIST database”). In MNIST's own files that
 * means less than a pixel to the right of and below the middle.
 */
function massCentred(inks: readonly Plane[], box: Box, size: number): Plane[] {
  const step = Math.max(box.width, box.height) / Math.round(DIGIT * size);
  const columns = Math.ceil(box.width / step - 1e-6);
  const rows = Math.ceil(box.height / step - 1e-6);
  const small = inks.map((ink) => resampled(ink, around(box, columns * step, rows * step), columns, rows));
  const center = centerOfMass(small);
  const left = clamp(Math.ceil(size / 2 - center.left), 0, size - columns);
  const top = clamp(Math.ceil(size / 2 - center.top), 0, size - rows);
  return small.map(({ values }) => {
    const whole = new Float32Array(size * size);
    for (let row = 0; row < rows; row++) {
      whole.set(values.subarray(row * columns, (row + 1) * columns), (top + row) * size + left);
    }
    return { values: whole, width: size, height: size };
  });
}

/** Fashion-MNIST's framing: the ink's longer side fills the frame (H. Xiao, K. Rasul, R. Vollgraf, 2017, section 2). */
function boxed(ink: Plane, box: Box, size: number): Plane {
  const longer = Math.max(box.width, box.height);
  return resampled(ink, around(box, longer, longer), size, size);
}

/** A box of another size with the same middle. */
function around(box: Box, width: number, height: number): Box {
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/** Scaled so that the strongest ink is 1, as in MNIST: thin strokes fade when they are made small. */
function stretched(inks: readonly Plane[]): Plane[] {
  const most = Math.max(...inks.map(({ values }) => values.reduce((best, value) => Math.max(best, value), 0)));
  return inks.map((ink) => ({ ...ink, values: ink.values.map((value) => value / most) }));
}

/** Bright ink on black, or dark ink on white. */
function onGround(inks: readonly Plane[], dark: boolean): Float32Array {
  return dark ? stacked(inks) : stacked(inks).map((ink) => 1 - ink);
}

/** The channels of a model's input. */
function planesIn(input: Float32Array, size: number): Plane[] {
  const area = size * size;
  return Array.from({ length: input.length / area }, (_, channel) => ({
    values: input.subarray(channel * area, (channel + 1) * area),
    width: size,
    height: size,
  }));
}

function stacked(planes: readonly Plane[]): Float32Array {
  const { length } = planes[0]!.values;
  const stack = new Float32Array(length * planes.length);
  planes.forEach(({ values }, channel) => stack.set(values, channel * length));
  return stack.map((value) => clamp(value, 0, 1));
}
