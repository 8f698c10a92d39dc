import type { View } from "../map/view";
import type { Manifest } from "../model/manifest";
import { decodePlace, encodePlace } from "../page/link";
import type { Method, State } from "../state/state";
import type { ProbeState } from "../state/state";

/** The parameter of the page's address that holds a place in the explorer. */
const PARAMETER = "at";
const MODEL_DIGITS = 8;

/** A model in an address: the first digits of its decoder's hash. */
export const modelOf = (manifest: Manifest): string => (manifest.files.decoder.path.split(".")[1] ?? "").slice(0, MODEL_DIGITS);

const methodWord = (method: Method): string => (method.kind === "axes" ? `axes ${method.axes.join(" ")}` : method.kind);

function parseMethod(word: string, dimensions: number): Method | null {
  if (word === "model" || word === "pca") return { kind: word };
  const axes = /^axes (\d+) (\d+)$/.exec(word)?.slice(1).map(Number);
  if (!axes || axes.some((axis) => axis >= dimensions)) return null;
  return { kind: "axes", axes: axes as [number, number] };
}

/** What an address opens. */
export interface LinkedPlace {
  readonly probe: ProbeState;
  readonly method: Method;
  readonly view: { readonly x: number; readonly y: number; readonly zoom: number };
}

/** The page's own address with the place on show in it. */
export function linkTo(manifest: Manifest, state: State, probe: ProbeState, view: View): string {
  const [x, y] = probe.position;
  const { center, zoom } = view;
  const url = new URL(location.href);
  // A page with several models names the one on show by this parameter, except for its first.
  if (!url.searchParams.has("model")) url.searchParams.set("model", manifest.name);
  const place = encodePlace({
    model: modelOf(manifest),
    latent: Float32Array.from(probe.latent),
    position: { x, y },
    point: probe.point,
    view: { ...center, zoom },
    method: methodWord(state.method),
  });
  url.searchParams.set(PARAMETER, place);
  return url.href;
}

/** The place that the page's address names, if it is one in this model. */
export function linkedPlace(manifest: Manifest): LinkedPlace | null {
  const { latent_dim } = manifest.model;
  const place = decodePlace(new URLSearchParams(location.search).get(PARAMETER) ?? "");
  const method = place && parseMethod(place.method, latent_dim);
  if (!place || !method || place.model !== modelOf(manifest) || place.latent.length !== latent_dim) return null;
  const { position, latent, view } = place;
  const point = place.point !== null && place.point < manifest.map.count ? place.point : null;
  return { probe: { position: [position.x, position.y], latent: [...latent], point }, method, view };
}
