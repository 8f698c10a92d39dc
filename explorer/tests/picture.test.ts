import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "../src/base/failure";
import { refuseNoise } from "../src/own/picture";

/** A canvas that gives back what was put on it, changed as a browser likes. */
function browserWith(change: (value: number) => number): void {
  class OffscreenCanvas {
    private pixels = new Uint8ClampedArray();

    constructor(
      readonly width: number,
      readonly height: number,
    ) {}

    getContext(): object {
      return {
        createImageData: (width: number, height: number) => ({ data: new Uint8ClampedArray(4 * width * height) }),
        putImageData: ({ data }: ImageData) => (this.pixels = data.slice()),
        getImageData: () => ({ data: this.pixels.map(change) }),
      };
    }
  }
  Object.assign(globalThis, { OffscreenCanvas });
}

test("a browser that changes what is read from a canvas is told of, and no other", () => {
  browserWith((value) => value);
  refuseNoise();
  browserWith((value) => value ^ 1);
  assert.throws(refuseNoise, (error: unknown) => error instanceof Failure && error.message.includes("changes the pixels"));
});
