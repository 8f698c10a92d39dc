import { element, wholeNumber } from "../page/dom";
import type { Manifest } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import type { Method } from "../state/state";

export const METHODS = {
  umap: "UMAP",
  pca: "PCA",
  axes: "Latent axes",
} as const;

let terms = 0;

/** A figure with its explanation, which opens on hover and on focus. */
function term(label: string, value: string, explanation: string): HTMLElement {
  const id = `explanation-${++terms}`;
  const made = element(
    "span",
    { class: "term" },
    element("button", { type: "button", "aria-describedby": id }, `${label} `, element("strong", {}, value)),
    element("span", { class: "tip", role: "tooltip", id }, explanation),
  );
  letEscapeClose(made);
  return made;
}

/** Esc closes an explanation that lies over something, wherever the focus is; it opens again when it is next asked for. */
function letEscapeClose(term: HTMLElement): void {
  let open: AbortController | null = null;
  const close = (event: KeyboardEvent): void => {
    if (!term.isConnected) open?.abort();
    else if (event.key === "Escape") term.classList.add("closed");
  };
  const begin = (): void => {
    open?.abort();
    open = new AbortController();
    document.addEventListener("keydown", close, { signal: open.signal, capture: true });
  };
  const end = (): void => {
    open?.abort();
    term.classList.remove("closed");
  };
  term.addEventListener("pointerenter", begin);
  term.addEventListener("focusin", begin);
  term.addEventListener("pointerleave", () => term.matches(":focus-within") || end());
  term.addEventListener("focusout", () => term.matches(":hover") || end());
}

/** What the map shows, and how far it can be trusted, in a line of plain words. */
export class MapFacts {
  readonly root = element("p", { class: "facts" });

  constructor(private readonly manifest: Manifest) {
    this.show({ kind: "model" }, null);
  }

  /** @param explained the share of the latents' variance in the plane that the map is; null where it is none or unknown */
  show({ kind }: Method, explained: number | null): void {
    const { map } = this.manifest;
    const { many } = pointWords(this.manifest);
    const points = map.sampled ? `a sample of ${wholeNumber(map.count)} of ${wholeNumber(map.total)} ${many}` : `${wholeNumber(map.count)} ${many}`;
    const name = METHODS[kind === "model" ? map.method : kind];
    const figures = kind === "model" ? this.measured() : this.explained(explained);
    this.root.replaceChildren(element("span", {}, `${name}, ${points}`), ...figures);
  }

  /** What was measured on the model's own map. */
  private measured(): HTMLElement[] {
    const { data, map, model } = this.manifest;
    const exact = map.method === "axes" && model.latent_dim <= 2;
    const figures: HTMLElement[] = [];
    if (map.trustworthiness !== null) {
      figures.push(
        term(
          "Trustworthiness",
          `${(100 * map.trustworthiness).toFixed(1)} %`,
          `How far you can trust what lies side by side: 100 % would mean that all neighbours on the map are neighbours among the ${model.latent_dim} latent dimensions too.`,
        ),
      );
    }
    // Of the decoder's own images on its own latent space nothing but rounding is left.
    if (map.round_trip_error !== null && !(exact && data.decoded)) {
      figures.push(
        term(
          "Round trip error",
          map.round_trip_error.toPrecision(2),
          `What is lost when an image is known by its place on the map alone: the mean square difference a pixel, with pixels from 0 to 1. ${
            exact
              ? "This map is the latent space itself and loses nothing: the error is the model's own."
              : `A flat map cannot hold ${model.latent_dim} dimensions without loss.`
          }`,
        ),
      );
    }
    return figures;
  }

  private explained(share: number | null): HTMLElement[] {
    if (share === null) return [];
    return [
      term(
        "Variance",
        `${(100 * share).toFixed(1)} %`,
        `The share of the latents’ variance that lies in this plane: the rest, along the other ${this.manifest.model.latent_dim - 2} dimensions, is not to be seen here.`,
      ),
    ];
  }
}
