/** Layers as their definitions read, to compare with: images are (channels, height, width), rows of pixels. */

export interface Image {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

export interface Filter {
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly pads: readonly [number, number, number, number];
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export function convolved(image: Image, { outputs, kernel, stride, pads, weights, bias }: Filter): Image {
  const [down, across] = kernel;
  const height = Math.floor((image.height + pads[0] + pads[2] - down) / stride) + 1;
  const width = Math.floor((image.width + pads[1] + pads[3] - across) / stride) + 1;
  const values = new Float32Array(outputs * height * width);
  for (let output = 0; output < outputs; output++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = bias[output]!;
        for (let channel = 0; channel < image.channels; channel++) {
          for (let i = 0; i < down; i++) {
            for (let j = 0; j < across; j++) {
              const [row, column] = [y * stride + i - pads[0], x * stride + j - pads[1]];
              if (row < 0 || row >= image.height || column < 0 || column >= image.width) continue;
              const weight = weights[((output * image.channels + channel) * down + i) * across + j]!;
              sum += weight * image.values[(channel * image.height + row) * image.width + column]!;
            }
          }
        }
        values[(output * height + y) * width + x] = sum;
      }
    }
  }
  return { channels: outputs, height, width, values };
}

/** Nearest neighbours, each pixel's taken from where its corner falls. */
export function resized({ channels, height, width, values }: Image, to: readonly [number, number]): Image {
  const made = new Float32Array(channels * to[0] * to[1]);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < to[0]; y++) {
      for (let x = 0; x < to[1]; x++) {
        const [row, column] = [Math.floor((y * height) / to[0]), Math.floor((x * width) / to[1])];
        made[(channel * to[0] + y) * to[1] + x] = values[(channel * height + row) * width + column]!;
      }
    }
  }
  return { channels, height: to[0], width: to[1], values: made };
}

/** @param weights one row an output */
export function multiplied(values: Float32Array, weights: Float32Array, bias: Float32Array): Float32Array {
  return bias.map((start, output) => values.reduce((sum, value, input) => sum + value * weights[output * values.length + input]!, start));
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);
export const mapped = (image: Image, f: (x: number, at: number) => number): Image => ({ ...image, values: image.values.map(f) });
