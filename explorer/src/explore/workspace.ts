import type { Position } from "../base/geometry";
import { decoderDigits, type Manifest, mapDigits } from "../model/manifest";
import { bytesOfFloats, bytesOfIndices, decodeText, encodeText, floatsOfBytes, indicesOfBytes, LONGEST_LINK, placed, type SeenView, viewOf, whole, wordAt } from "../state/codec";
import type { ColorBy, Group, Layers, Method, ProbeState, State } from "../state/state";

/** The probe as it is kept: without a latent it has its data point's, or what the map has at its position. */
export interface KeptProbe extends Omit<ProbeState, "latent" | "position"> {
  readonly latent: readonly number[] | null;
  /** Null where it was on another map. */
  readonly position: ProbeState["position"] | null;
}

/** The probe as the model would have it. */
export function startOf({ map }: Manifest): Omit<KeptProbe, "method"> {
  const [x, y] = map.start_position ?? [];
  return { position: x === undefined || y === undefined ? null : [x, y], latent: map.start_latent ?? null, point: map.start, home: map.start };
}

/** Everything on the page that a person has arranged, but the tray, which the browser keeps by itself. */
export interface Workspace {
  readonly state: Omit<State, "pins" | "probe"> & { readonly probe: KeptProbe | null };
  /** What is seen of the map; null where it was another map. */
  readonly view: SeenView | null;
}

const VERSION = 2;
const COLORS = ["class", "kl", "reconstruction_error", "density", "dimension"] as const;
const METHODS = ["model", "pca", "axes"] as const;
const ORIGINS = 80;

/** What a link may do without. */
interface Left {
  /** The latent, of which its point or its place on the map is kept. */
  readonly latent?: boolean;
  readonly groups?: boolean;
}

/** A workspace of one model as a URL-safe string; numbers of the latent are kept as float32. */
export function encodeWorkspace(manifest: Manifest, { state, view }: Workspace, left: Left = {}): string {
  const { probe, method, colorBy, hidden, layers } = state;
  const groups = left.groups ? [null, null] : state.groups;
  const blobs: Uint8Array[] = [];
  const value = [
    VERSION,
    decoderDigits(manifest),
    mapDigits(manifest),
    probe && [probe.position, probe.point, probe.home, methodCode(probe.method)],
    methodCode(method),
    [COLORS.indexOf(colorBy.kind), colorBy.kind === "dimension" ? colorBy.dimension : 0],
    [...hidden],
    [layers.contours, layers.lattice, layers.emptiness].map(Number),
    view && [view.x, view.y, view.zoom],
    groups.map((group) => group && [group.origin, group.outline && [methodCode(group.outline.method), ...group.outline.polygon.flatMap(({ x, y }) => [x, y])]]),
  ];
  if (probe) blobs.push(probe.latent && !left.latent ? bytesOfFloats(Float32Array.from(probe.latent)) : new Uint8Array(0));
  for (const group of groups) if (group) blobs.push(bytesOfIndices(group.points));
  return encodeText(value, blobs);
}

/** The workspace as a link can hold it, and in words what it had to leave out. */
export function linkedWorkspace(manifest: Manifest, workspace: Workspace, room = LONGEST_LINK): { readonly text: string; readonly without: string | null } {
  const onPoint = (workspace.state.probe?.point ?? null) !== null;
  const ways: readonly (readonly [Left, string | null])[] = [
    [{}, null],
    ...(onPoint ? [[{ latent: true }, null] as const] : []),
    [{ groups: true }, "the groups"],
    [{ groups: true, latent: true }, onPoint ? "the groups" : "the groups and the latent, of which it keeps the place on the map"],
  ];
  for (const [left, without] of ways) {
    const text = encodeWorkspace(manifest, workspace, left);
    if (text.length <= room) return { text, without };
  }
  const [left, without] = ways.at(-1)!;
  return { text: encodeWorkspace(manifest, workspace, left), without };
}

/** The workspace that a string names, or null for what `encodeWorkspace` cannot have written for this model. */
export function decodeWorkspace(text: string, manifest: Manifest): Workspace | null {
  const decoded = decodeText(text);
  if (!decoded || !Array.isArray(decoded.value)) return null;
  const [version, model, map, probe, method, color, hidden, layers, view, groups] = decoded.value as unknown[];
  if (version !== VERSION || model !== decoderDigits(manifest)) return null;
  const blobs = [...decoded.blobs];
  const read = {
    probe: probe === null ? null : probeOf(probe, manifest, blobs),
    method: methodOf(method, manifest),
    colorBy: colorOf(color, manifest),
    hidden: hiddenOf(hidden, manifest),
    layers: layersOf(layers),
    groups: groupsOf(groups, manifest, blobs),
  };
  const { method: laid, colorBy, hidden: off, layers: shown, groups: gathered } = read;
  const seen = viewOf(view);
  if (read.probe === undefined || !laid || !colorBy || !off || !shown || !gathered || seen === undefined || blobs.length > 0) return null;
  const workspace: Workspace = { state: { probe: read.probe, method: laid, colorBy, hidden: off, layers: shown, groups: gathered }, view: seen };
  return map === mapDigits(manifest) ? workspace : onAnotherMap(workspace);
}

/** What is left of a workspace when the map has been made anew: its points have other numbers and places. */
function onAnotherMap({ state }: Workspace): Workspace {
  const { probe } = state;
  const kept = probe?.latent ? { ...probe, position: null, point: null, home: null } : null;
  return { state: { ...state, probe: kept, groups: [null, null] }, view: null };
}

const methodCode = (method: Method): readonly number[] => [METHODS.indexOf(method.kind), ...(method.kind === "axes" ? method.axes : [])];

function methodOf(code: unknown, { model }: Manifest): Method | undefined {
  if (!Array.isArray(code)) return undefined;
  const [place, ...axes] = code as unknown[];
  const kind = wordAt(METHODS, place);
  if (kind !== "axes") return kind && axes.length === 0 ? { kind } : undefined;
  const [first, second] = axes;
  const known = axes.length === 2 && whole(first, 0, model.latent_dim - 1) && whole(second, 0, model.latent_dim - 1) && first !== second;
  return known ? { kind, axes: [first, second] } : undefined;
}

/** @returns undefined for what is no probe of this model */
function probeOf(value: unknown, manifest: Manifest, blobs: Uint8Array[]): KeptProbe | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [position, point, home, code] = value as unknown[];
  const last = manifest.map.count - 1;
  const method = methodOf(code, manifest);
  const somewhere = Array.isArray(position) && position.length === 2 && position.every(placed);
  if (!somewhere || !method || (point !== null && !whole(point, 0, last)) || (home !== null && !whole(home, 0, last))) return undefined;
  const blob = blobs.shift();
  const latent = blob?.length === 0 ? null : floatsOfBytes(blob, manifest.model.latent_dim);
  if (blob?.length !== 0 && !latent) return undefined;
  return { position: position as [number, number], latent: latent && [...latent], point, home, method };
}

/** A map that was drawn anew may lack what the points were coloured by. */
function colorOf(value: unknown, { model, files }: Manifest): ColorBy | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [place, dimension] = value as unknown[];
  const kind = wordAt(COLORS, place);
  if ((kind === "kl" || kind === "reconstruction_error") && !files[kind]) return { kind: "class" };
  if (kind !== "dimension") return kind && { kind };
  return whole(dimension, 0, model.latent_dim - 1) ? { kind, dimension } : undefined;
}

function hiddenOf(value: unknown, { data }: Manifest): ReadonlySet<number> | undefined {
  const known = Array.isArray(value) && value.every((label) => whole(label, 0, data.class_names.length - 1));
  return known ? new Set(value as number[]) : undefined;
}

function layersOf(value: unknown): Layers | undefined {
  if (!Array.isArray(value) || value.length !== 3 || !value.every((layer) => layer === 0 || layer === 1)) return undefined;
  const [contours, lattice, emptiness] = value.map(Boolean) as [boolean, boolean, boolean];
  return { contours, lattice, emptiness };
}

function groupsOf(value: unknown, manifest: Manifest, blobs: Uint8Array[]): State["groups"] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const groups = value.map((group: unknown) => (group === null ? null : groupOf(group, manifest, blobs)));
  return groups.includes(undefined) ? undefined : (groups as [Group | null, Group | null]);
}

function groupOf(value: unknown, manifest: Manifest, blobs: Uint8Array[]): Group | undefined {
  const points = indicesOfBytes(blobs.shift(), manifest.map.count);
  if (!Array.isArray(value) || value.length !== 2 || !points || points.length === 0) return undefined;
  const [origin, outline] = value as unknown[];
  if (typeof origin !== "string" || origin.length > ORIGINS) return undefined;
  if (outline === null) return { points, origin, outline: null };
  if (!Array.isArray(outline) || outline.length < 7 || outline.length % 2 === 0) return undefined;
  const [code, ...corners] = outline as unknown[];
  const method = methodOf(code, manifest);
  if (!method || !corners.every(placed)) return undefined;
  const polygon: Position[] = [];
  for (let at = 0; at < corners.length; at += 2) polygon.push({ x: corners[at] as number, y: corners[at + 1] as number });
  return { points, origin, outline: { polygon, method } };
}
