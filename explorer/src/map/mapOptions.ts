import { dimensionWords } from "../model/dimensionWords";
import type { Manifest } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import { METHODS } from "./facts";
import { type Choice, Select, Toggle } from "../page/controls";
import { element } from "../page/dom";
import type { ColorBy, Layers, Method } from "../state/state";

export interface MapOptionsHandlers {
  onColorBy(colorBy: ColorBy): void;
  onMethod(method: Method): void;
  onLayers(layers: Partial<Layers>): void;
}

/** Of each point, where its map has it: no posterior and no original, no such number. */
const MEASURED = [
  { value: "kl", label: "KL: how much the posterior says" },
  { value: "reconstruction_error", label: "reconstruction error" },
] as const;

/** What the map shows and how: layout, colours, and what lies behind the points. */
export class MapOptions {
  readonly root: HTMLElement;
  private readonly colorBy: Select;
  private readonly method: Select;
  private readonly axes: readonly [Select, Select];
  private readonly axesArea: HTMLElement;
  private readonly toggles: Readonly<Record<keyof Layers, Toggle>>;
  private chosenAxes: readonly [number, number];

  constructor(
    manifest: Manifest,
    private readonly handlers: MapOptionsHandlers,
  ) {
    const { order } = manifest.latent;
    const suffix = (dimension: number): string => dimensionWords(manifest.latent, dimension).suffix;
    const axes = order.map((dimension) => ({ value: String(dimension), label: `z${dimension + 1}${suffix(dimension)}` }));
    this.chosenAxes = [order[0] ?? 0, order[1] ?? 0];
    this.colorBy = new Select(
      "Colour by",
      [
        { value: "class", label: "class" },
        ...MEASURED.filter(({ value }) => manifest.files[value]),
        { value: "density", label: "density on the map" },
        ...order.map((dimension) => ({ value: `dimension ${dimension}`, label: `latent dimension ${dimension + 1}${suffix(dimension)}` })),
      ],
      (value) => handlers.onColorBy(parseColorBy(value)),
    );
    const others: Choice[] = order.length > 2 ? [{ value: "pca", label: "PCA" }, { value: "axes", label: "Two latent axes" }] : [];
    this.method = new Select("Map", [{ value: "model", label: METHODS[manifest.map.method] }, ...others], (value) =>
      handlers.onMethod(value === "axes" ? { kind: "axes", axes: this.chosenAxes } : { kind: value === "pca" ? "pca" : "model" }),
    );
    this.axes = [this.axis(0, "across", axes), this.axis(1, "up", axes)];
    this.axesArea = element("span", { class: "axes", hidden: true }, this.axes[0].root, this.axes[1].root);
    const layer = (name: keyof Layers, label: string, title: string): Toggle =>
      new Toggle(label, title, (on) => handlers.onLayers({ [name]: on }));
    this.toggles = {
      lattice: layer("lattice", "Images", "A lattice of decoded images behind the points"),
      contours: layer("contours", "Contours", "Lines of equal density: inside them lie 25, 50, 75 and 95 % of the points"),
      emptiness: layer(
        "emptiness",
        "Empty areas",
        `Shade what is far from ${pointWords(manifest).any}: where the 16th nearest point is farther away than it is for 99 % of the points themselves`,
      ),
    };
    const behind = element("span", { class: "choices", role: "group", "aria-label": "Behind the points" });
    behind.append(...Object.values(this.toggles).map(({ root }) => root));
    this.root = element("div", { class: "map-options" }, this.method.root, this.axesArea, this.colorBy.root, behind);
  }

  show(method: Method, colorBy: ColorBy, layers: Layers): void {
    this.method.value = method.kind;
    this.axesArea.hidden = method.kind !== "axes";
    if (method.kind === "axes") this.chosenAxes = method.axes;
    this.axes.forEach((select, index) => (select.value = String(this.chosenAxes[index]!)));
    this.colorBy.value = colorBy.kind === "dimension" ? `dimension ${colorBy.dimension}` : colorBy.kind;
    for (const [name, toggle] of Object.entries(this.toggles)) toggle.on = layers[name as keyof Layers];
  }

  private axis(index: 0 | 1, direction: string, choices: readonly Choice[]): Select {
    return new Select(direction, choices, (value) => {
      const chosen = Number(value);
      const [across, up] = this.chosenAxes;
      // Both axes the same would be a line: the other one gives way.
      const other = index === 0 ? up : across;
      const free = other === chosen ? (index === 0 ? across : up) : other;
      this.handlers.onMethod({ kind: "axes", axes: index === 0 ? [chosen, free] : [free, chosen] });
    });
  }
}

function parseColorBy(value: string): ColorBy {
  const [kind, dimension] = value.split(" ");
  return dimension === undefined
    ? { kind: kind as "class" | "kl" | "reconstruction_error" | "density" }
    : { kind: "dimension", dimension: Number(dimension) };
}
