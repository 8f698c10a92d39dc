// gifenc comes without types; these are of what is used here.
declare module "gifenc" {
  /** Red, green and blue, each 0 to 255. */
  export type Palette = number[][];

  export interface FrameOptions {
    /** Of a first frame, the one that all frames without their own take. */
    readonly palette?: Palette;
    /** In milliseconds, kept in hundredths of a second. */
    readonly delay: number;
    /** −1 for once, 0 for ever; of the first frame. */
    readonly repeat?: number;
  }

  export interface Encoder {
    writeFrame(indices: Uint8Array, width: number, height: number, options: FrameOptions): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  }

  export function GIFEncoder(): Encoder;
  export function quantize(rgba: Uint8Array | Uint8ClampedArray, colours: number): Palette;
  export function applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array;
}
