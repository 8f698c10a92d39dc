import { newId } from "../page/ids";
import { BEYOND, type Choices, fewestStops, FRAMES, INITIAL_CHOICES, MODES, MOST_STOPS, REPEATS, SHAPES, SIDES, SPACINGS, SPEEDS, type Stop } from "./state";

/** The parameter of the page's address that holds a scene. */
export const PARAMETER = "scene";

const VERSION = 1;
const LONGEST_NAME = 60;

/** What a link names: the choices and the frame on show. */
export interface SharedScene {
  readonly choices: Choices;
  readonly frame: number;
}

/** A scene as a URL-safe string, for one model; numbers of latents are kept as float32. */
export function encodeScene(model: string, { choices, frame }: SharedScene): string {
  const { stops, shape, mode, spacing, frames, beyond, side, repeat, speed } = choices;
  const content = [
    VERSION,
    model,
    stops.map(({ name, latent, position }) => [name, floatsToText(latent), position.x, position.y]),
    [SHAPES.indexOf(shape), MODES.indexOf(mode), SPACINGS.indexOf(spacing), REPEATS.indexOf(repeat)],
    [frames, beyond, side, speed, frame],
  ];
  return bytesToText(new TextEncoder().encode(JSON.stringify(content)));
}

/** The scene that a string names, or null for what `encodeScene` cannot have written for this model. */
export function decodeScene(text: string, model: string, dimensions: number): SharedScene | null {
  try {
    const content: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(textToBytes(text)));
    return Array.isArray(content) && content[0] === VERSION && content[1] === model ? sceneOf(content, dimensions) : null;
  } catch {
    return null; // cut short or made up: the page opens as it would without
  }
}

function sceneOf([, , stops, words, numbers]: unknown[], dimensions: number): SharedScene | null {
  if (!Array.isArray(stops) || stops.length > MOST_STOPS || !Array.isArray(words) || !Array.isArray(numbers)) return null;
  const read = stops.map((stop: unknown) => stopOf(stop, dimensions));
  const [shape, mode, spacing, repeat] = [wordOf(SHAPES, words[0]), wordOf(MODES, words[1]), wordOf(SPACINGS, words[2]), wordOf(REPEATS, words[3])];
  const [frames, beyond, side, speed, frame] = numbers as unknown[];
  if (shape && stops.length < fewestStops(shape)) return null;
  if (!shape || !mode || !spacing || !repeat || read.some((stop) => stop === null)) return null;
  if (!whole(frames, FRAMES.least, FRAMES.most) || !whole(side, SIDES.least, SIDES.most) || !whole(frame, 0, FRAMES.most * 2)) return null;
  if (!within(beyond, BEYOND.least, BEYOND.most) || !SPEEDS.some((known) => known === speed)) return null;
  const choices = { ...INITIAL_CHOICES, stops: read as Stop[], shape, mode, spacing, repeat, frames, beyond, side, speed: speed as number };
  return { choices, frame };
}

function stopOf(value: unknown, dimensions: number): Stop | null {
  if (!Array.isArray(value)) return null;
  const [name, text, x, y] = value as unknown[];
  if (typeof name !== "string" || typeof text !== "string" || !within(x, -Infinity, Infinity) || !within(y, -Infinity, Infinity)) return null;
  const latent = textToFloats(text);
  if (latent.length !== dimensions || !latent.every(Number.isFinite)) return null;
  return { id: newId(), name: name.slice(0, LONGEST_NAME), latent, position: { x, y } };
}

const within = (value: unknown, least: number, most: number): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= least && value <= most;
const whole = (value: unknown, least: number, most: number): value is number => within(value, least, most) && Number.isInteger(value);

function wordOf<Word>(list: readonly Word[], place: unknown): Word | undefined {
  return whole(place, 0, list.length - 1) ? list[place] : undefined;
}

const floatsToText = (values: Float32Array): string => bytesToText(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

function textToFloats(text: string): Float32Array {
  const bytes = textToBytes(text);
  return bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : new Float32Array(0);
}

function bytesToText(bytes: Uint8Array): string {
  const letters = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function textToBytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
