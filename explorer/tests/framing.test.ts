import assert from "node:assert/strict";
import { test } from "node:test";
import { framed, type Frame } from "../src/own/framing";
import type { Picture } from "../src/own/trainingPixels";
import { gray, picture } from "./painted";

const MNIST: Frame = { binarised: false, size: 28, channels: 1, framing: "mass", background: 0, ground: "white", levels: [0, 255] };
const FASHION: Frame = { binarised: false, size: 28, channels: 1, framing: "box", background: 0.1, ground: "white", levels: [0, 255] };
const PHOTO: Frame = { binarised: false, size: 32, channels: 3, framing: "crop", background: 0.4, ground: "white", levels: [0, 255] };

/** The box of what is brighter than a tenth, and the centre of mass. */
function measure(image: Float32Array, size: number): { box: number[]; center: number[] } {
  let box = [size, size, -1, -1];
  let [mass, left, top] = [0, 0, 0];
  image.forEach((value, pixel) => {
    const [column, row] = [pixel % size, Math.floor(pixel / size)];
    mass += value;
    left += value * (column + 0.5);
    top += value * (row + 0.5);
    if (value > 0.1) box = [Math.min(box[0]!, column), Math.min(box[1]!, row), Math.max(box[2]!, column), Math.max(box[3]!, row)];
  });
  return { box, center: [left / mass, top / mass] };
}

/** A seven, 200 high and 120 wide, somewhere in a large picture: dark on light or the other way about. */
const seven = (ink: number, paper: number): Picture =>
  picture(500, 400, (column, row) => {
    const [x, y] = [column - 300, row - 90];
    const bar = x >= 0 && x < 120 && y >= 0 && y < 24;
    const leg = y >= 0 && y < 200 && Math.abs(x - (108 - 0.4 * y)) < 12;
    return gray(bar || leg ? ink : paper);
  });

test("a model of binarised images is given each pixel's likelier value", () => {
  const grey = framed(seven(255, 0), MNIST)!;
  const binary = framed(seven(255, 0), { ...MNIST, binarised: true })!;
  assert.ok(grey.some((value) => value > 0.2 && value < 0.8));
  assert.deepEqual([...binary], [...grey].map((value) => Math.round(value)));
});

test("a digit becomes 20 pixels high with its mass in the middle, as strong as in MNIST", () => {
  const image = framed(seven(255, 0), MNIST)!;
  assert.equal(image.length, 28 * 28);
  const { box, center } = measure(image, 28);
  assert.equal(box[3]! - box[1]! + 1, 20);
  assert.ok(Math.abs(box[2]! - box[0]! + 1 - 12) <= 1);
  for (const middle of center) assert.ok(middle >= 14 && middle < 15, `${middle}`);
  assert.equal(Math.max(...image), 1);
  assert.equal(Math.min(...image), 0);
});

test("ink on paper, chalk on a board, faint or strong, grey paper or white: the same image", () => {
  const expected = framed(seven(255, 0), MNIST)!;
  for (const [ink, paper] of [[0, 255], [40, 230], [200, 20], [120, 250], [10, 120], [250, 140]]) {
    const image = framed(seven(ink!, paper!), MNIST)!;
    image.forEach((value, pixel) => assert.ok(Math.abs(value - expected[pixel]!) < 1e-5, `${ink} on ${paper}`));
  }
});

test("noise of the paper neither moves the box nor stays", () => {
  const { data, width, height } = seven(30, 225);
  const noisy = { data: data.map((value, at) => (at % 4 === 3 ? value : value + ((at * 7919) % 13) - 6)), width, height };
  const { box } = measure(framed(noisy, MNIST)!, 28);
  assert.deepEqual(box, measure(framed(seven(255, 0), MNIST)!, 28).box);
});

test("a digit that is framed already comes back pixel for pixel", () => {
  const digit = picture(28, 28, (column, row) => gray(column >= 9 && column < 19 && row >= 5 && row < 24 ? (column * 37 + row * 91) % 256 : 0));
  const image = framed(digit, MNIST)!;
  image.forEach((value, pixel) => assert.ok(Math.abs(value * 255 - digit.data[4 * pixel]!) < 1e-4));
});

test("a 28 × 28 drawing in a corner is no digit of the data's yet", () => {
  const corner = picture(28, 28, (column, row) => gray(column < 6 && row < 10 && column > 0 && row > 0 ? 255 : 0));
  const { box } = measure(framed(corner, MNIST)!, 28);
  assert.equal(box[3]! - box[1]! + 1, 20);
});

test("a framed digit drawn black on white moves by whole pixels only and stays as sharp", () => {
  const digit = picture(28, 28, (column, row) => gray(column >= 10 && column < 18 && row >= 4 && row < 24 ? 255 - ((column * 37 + row * 91) % 200) : 255));
  const inks = [...framed(digit, MNIST)!].filter((value) => value > 0).sort();
  const most = Math.max(...digit.data.filter((_, at) => at % 4 === 0).map((value) => 255 - value));
  const expected = Array.from(digit.data.filter((_, at) => at % 4 === 0), (value) => (255 - value) / most).filter((ink) => ink >= 0.1).sort();
  assert.equal(inks.length, expected.length);
  inks.forEach((ink, rank) => assert.ok(Math.abs(ink - expected[rank]!) < 1e-5));
});

test("a small drawing is scaled up smoothly", () => {
  const small = picture(12, 12, (column, row) => gray(column >= 5 && column < 7 && row >= 3 && row < 9 ? 255 : 0));
  const { box } = measure(framed(small, MNIST)!, 28);
  assert.equal(box[3]! - box[1]! + 1, 20);
});

test("ink far from its box's middle is not cut off", () => {
  const lopsided = picture(300, 300, (column, row) => gray((column < 250 && column > 20 && row > 30 && row < 250 && (column < 60 || row < 34)) ? 255 : 0));
  const image = framed(lopsided, MNIST)!;
  const { box } = measure(image, 28);
  assert.equal(Math.max(box[2]! - box[0]!, box[3]! - box[1]!) + 1, 20);
});

test("clothes fill the frame along their longer side, centred by their box, as bright as they are", () => {
  const shirt = picture(600, 600, (column, row) => gray(column >= 40 && column < 320 && row >= 300 && row < 400 ? (column < 180 ? 105 : 205) : 255));
  const image = framed(shirt, FASHION)!;
  const { box } = measure(image, 28);
  assert.deepEqual(box, [0, 9, 27, 18]);
  assert.ok(Math.abs(image[14 * 28 + 5]! - 150 / 255) < 1e-5);
  assert.ok(Math.abs(image[14 * 28 + 22]! - 50 / 255) < 1e-5);
  assert.equal(image[0], 0);
});

test("a picture of the right size stays as it is where the data are framed by the box, or not at all", () => {
  const item = picture(28, 28, (column, row) => gray((column * 11 + row * 5) % 256));
  framed(item, FASHION)!.forEach((value, pixel) => assert.ok(Math.abs(value * 255 - item.data[4 * pixel]!) < 1e-4));
  const photo = picture(32, 32, (column, row) => [column * 8, row * 8, 100]);
  const image = framed(photo, PHOTO)!;
  for (let pixel = 0; pixel < 1024; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      assert.ok(Math.abs(image[channel * 1024 + pixel]! * 255 - photo.data[4 * pixel + channel]!) < 1e-4);
    }
  }
});

test("photographs are framed as in training, by the data set's own ground and levels", () => {
  const wide = picture(64, 32, (column) => [...gray(column < 32 ? 0 : 15), column % 2 ? 255 : 0]);
  const cropped = framed(wide, { ...PHOTO, ground: "black", levels: [0, 15] })!;
  assert.deepEqual([...cropped.subarray(14, 19)], [0, 0, 0, 1, 0]);
  assert.deepEqual([...framed(wide, PHOTO)!.subarray(0, 2)], [1, 0]);
  const whole = framed(picture(64, 32, (column) => gray(column < 32 ? 0 : 255)), { ...PHOTO, framing: "padded" })!;
  assert.deepEqual([whole[16 * 32 + 4], whole[16 * 32 + 28]], [0, 1]);
});

test("a picture is not empty where training made it visible, nor where its frame lost what is on it", () => {
  const faint = picture(40, 30, (column) => gray(column % 16));
  assert.equal(Math.max(...framed(faint, { ...PHOTO, levels: [0, 15] })!), 1);
  const white = picture(40, 30, (column) => [255, 255, 255, 130 + 6 * (column % 20)]);
  assert.ok(framed(white, { ...PHOTO, ground: "black" }));
  const dot = picture(640, 320, (column, row) => gray(column === 8 && row === 8 ? 0 : 255));
  assert.ok(framed(dot, PHOTO));
});

test("a picture too large to look for ink in all its pixels gives the same digit", () => {
  const large = picture(4200, 60, (column, row) => gray(column >= 2000 && column < 2030 && row >= 10 && row < 50 ? 255 : 0));
  const { box } = measure(framed(large, MNIST)!, 28);
  assert.equal(box[3]! - box[1]! + 1, 20);
});

test("behind transparent pixels is what shows the drawing", () => {
  const expected = framed(seven(255, 0), MNIST)!;
  for (const ink of [0, 255]) {
    const { data, width, height } = seven(255, 0);
    const cut = picture(width, height, (column, row) => [...gray(ink), data[4 * (row * width + column)]!]);
    framed(cut, MNIST)!.forEach((value, pixel) => assert.ok(Math.abs(value - expected[pixel]!) < 1e-5));
  }
});

test("a data set of dark ink on white gets dark ink on white", () => {
  const image = framed(seven(255, 0), { ...MNIST, background: 0.98 })!;
  framed(seven(255, 0), MNIST)!.forEach((value, pixel) => assert.ok(Math.abs(1 - value - image[pixel]!) < 1e-6));
});

test("an empty picture is null", () => {
  for (const frame of [MNIST, FASHION, PHOTO]) {
    assert.equal(framed(picture(28, 28, () => gray(0)), frame), null);
    assert.equal(framed(picture(90, 70, () => gray(255)), frame), null);
    assert.equal(framed(picture(90, 70, () => [9, 200, 4, 0]), frame), null);
    assert.equal(framed(picture(90, 70, (column, row) => gray(240 + ((column + row) % 8))), frame), null);
    assert.equal(framed(picture(0, 0, () => []), frame), null);
  }
});
