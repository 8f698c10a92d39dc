import { newId } from "../page/ids";
import { decoderDigits, type Manifest, mapDigits } from "../model/manifest";
import { bytesOfFloats, decodeText, encodeText, floatsOfBytes, LONGEST_LINK, placed, type SeenView, viewOf, whole, within, wordAt } from "../state/codec";
import { BEYOND, type Choices, fewestStops, FRAMES, MODES, MOST_STOPS, REPEATS, SHAPES, SIDES, SPACINGS, SPEEDS, type Stop } from "./state";

/** The parameter of the page's address that holds a scene. */
export const PARAMETER = "scene";

const VERSION = 2;
const LONGEST_NAME = 60;

/** A stop as it is kept: without a latent it has its data point's, or what the map has at its position. */
export interface KeptStop extends Omit<Stop, "latent" | "position"> {
  readonly latent: Float32Array | null;
  /** Null where it was on another map. */
  readonly position: Stop["position"] | null;
}

/** Everything on the page that a person has arranged. */
export interface SharedScene {
  readonly choices: Omit<Choices, "stops"> & { readonly stops: readonly KeptStop[] };
  /** The frame on show, and the stop that keys move. */
  readonly frame: number;
  readonly chosen: number;
  /** What is seen of the map; null where it was another map. */
  readonly view: SeenView | null;
}

/** A scene of one model as a URL-safe string; numbers of latents are kept as float32, unless the points or places will do. */
export function encodeScene(manifest: Manifest, { choices, frame, chosen, view }: SharedScene, without?: "points' latents" | "latents"): string {
  const { stops, shape, mode, spacing, frames, beyond, side, repeat, speed, hidden } = choices;
  const value = [
    VERSION,
    decoderDigits(manifest),
    mapDigits(manifest),
    stops.map(({ name, position, point, corner }) => [name, position?.x, position?.y, point, Number(corner)]),
    [SHAPES.indexOf(shape), MODES.indexOf(mode), SPACINGS.indexOf(spacing), REPEATS.indexOf(repeat)],
    [frames, beyond, side, speed, frame, chosen],
    [...hidden],
    view && [view.x, view.y, view.zoom],
  ];
  const left = (point: number | null): boolean => without === "latents" || (without !== undefined && point !== null);
  const blobs = stops.map(({ point, latent }) => (latent && !left(point) ? bytesOfFloats(latent) : new Uint8Array(0)));
  return encodeText(value, blobs);
}

/** The scene as a link can hold it, and in words what it had to leave out. */
export function linkedScene(manifest: Manifest, scene: SharedScene, room = LONGEST_LINK): { readonly text: string; readonly without: string | null } {
  for (const without of [undefined, "points' latents"] as const) {
    const text = encodeScene(manifest, scene, without);
    if (text.length <= room) return { text, without: null };
  }
  return { text: encodeScene(manifest, scene, "latents"), without: "the stops' own latents, of which it keeps the places on the map" };
}

/** The scene that a string names, or null for what `encodeScene` cannot have written for this model. */
export function decodeScene(text: string, manifest: Manifest): SharedScene | null {
  const decoded = decodeText(text);
  if (!decoded || !Array.isArray(decoded.value)) return null;
  const [version, model, map, stops, words, numbers, hidden, view] = decoded.value as unknown[];
  if (version !== VERSION || model !== decoderDigits(manifest)) return null;
  if (![stops, words, numbers, hidden].every(Array.isArray)) return null;
  const blobs = [...decoded.blobs];
  const kept = stopsOf(stops as unknown[], manifest, blobs);
  const laid = laidOf(words as unknown[], numbers as unknown[]);
  if (!kept || !laid || blobs.length > 0 || kept.length < fewestStops(laid.shape)) return null;
  if (!(hidden as unknown[]).every((label) => whole(label, 0, manifest.data.class_names.length - 1))) return null;
  const seen = viewOf(view);
  const { frame, chosen, ...choices } = laid;
  if (seen === undefined || chosen >= kept.length) return null;
  const scene: SharedScene = { choices: { ...choices, stops: kept, hidden: new Set(hidden as number[]) }, frame, chosen, view: seen };
  return map === mapDigits(manifest) ? scene : onAnotherMap(scene);
}

/** What is left of a scene when the map has been made anew: the stops that have latents of their own. */
function onAnotherMap({ choices, ...scene }: SharedScene): SharedScene | null {
  if (choices.stops.some(({ latent }) => !latent)) return null;
  const stops = choices.stops.map((stop) => ({ ...stop, position: null, point: null }));
  return { ...scene, choices: { ...choices, stops }, view: null };
}

type Laid = Omit<Choices, "stops" | "hidden"> & { readonly frame: number; readonly chosen: number };

function laidOf(words: readonly unknown[], numbers: readonly unknown[]): Laid | null {
  const [shape, mode, spacing, repeat] = [wordAt(SHAPES, words[0]), wordAt(MODES, words[1]), wordAt(SPACINGS, words[2]), wordAt(REPEATS, words[3])];
  const [frames, beyond, side, speed, frame, chosen] = numbers;
  if (!shape || !mode || !spacing || !repeat) return null;
  if (!whole(frames, FRAMES.least, FRAMES.most) || !whole(side, SIDES.least, SIDES.most) || !whole(frame, 0, FRAMES.most * 2)) return null;
  if (!within(beyond, BEYOND.least, BEYOND.most) || !SPEEDS.some((known) => known === speed) || !whole(chosen, 0, MOST_STOPS)) return null;
  const last = (shape === "grid" ? side * side : frames) - 1;
  return { shape, mode, spacing, repeat, frames, beyond, side, speed: speed as number, frame: Math.min(frame, last), chosen };
}

function stopsOf(values: readonly unknown[], manifest: Manifest, blobs: Uint8Array[]): KeptStop[] | null {
  if (values.length > MOST_STOPS) return null;
  const stops = values.map((value) => stopOf(value, manifest, blobs));
  return stops.includes(null) ? null : (stops as KeptStop[]);
}

function stopOf(value: unknown, manifest: Manifest, blobs: Uint8Array[]): KeptStop | null {
  if (!Array.isArray(value) || value.length !== 5) return null;
  const [name, x, y, point, corner] = value as unknown[];
  if (typeof name !== "string" || !placed(x) || !placed(y)) return null;
  if ((point !== null && !whole(point, 0, manifest.map.count - 1)) || !whole(corner, 0, 1)) return null;
  const blob = blobs.shift();
  const latent = blob?.length === 0 ? null : floatsOfBytes(blob, manifest.model.latent_dim);
  if (blob?.length !== 0 && !latent) return null;
  return { id: newId(), name: name.slice(0, LONGEST_NAME), latent, position: { x, y }, point, corner: corner === 1 };
}
