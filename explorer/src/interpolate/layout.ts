import { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { type Manifest, mapBounds } from "../model/manifest";
import { Announcer } from "../page/announcer";
import { element, wholeNumber } from "../page/dom";

export interface PathHandlers {
  onHidden(hidden: ReadonlySet<number>): void;
  /** A frame is wanted. */
  requestFrame(): void;
}

/** What other parts bring to the page: the player, what lies between the stops, and the stops. */
export interface PathFurniture {
  readonly player: HTMLElement;
  readonly between: readonly HTMLElement[];
  readonly stops: readonly HTMLElement[];
  readonly picker: HTMLElement;
}

/** The map and what stands where beside it. */
export class PathLayout {
  readonly map: MapPane;
  readonly legend: Legend;
  readonly announcer: Announcer;

  constructor(manifest: Manifest, handlers: PathHandlers, signal: AbortSignal) {
    this.announcer = new Announcer(signal);
    this.map = new MapPane(
      mapBounds(manifest),
      {
        label: `Map of ${wholeNumber(manifest.map.count)} images with the stops of the path. Arrow keys move the chosen stop, plus and minus zoom, zero fits the whole map, P pins the frame.`,
        hint: "Drag a letter: every frame follows",
        shortcuts: "P",
      },
      () => handlers.requestFrame(),
      signal,
    );
    this.legend = new Legend(manifest, (hidden) => handlers.onHidden(hidden));
  }

  furnish({ player, between, stops, picker }: PathFurniture): HTMLElement {
    const adding = element("details", { class: "adding" }, element("summary", {}, "Add a stop"), picker);
    const root = element(
      "div",
      { class: "interpolation" },
      element("div", { class: "main" }, this.map.root, element("div", { class: "below" }, this.legend.root)),
      player,
      element("section", { class: "between", "aria-label": "Film" }, ...between),
      element("section", { class: "tray", "aria-label": "Stops of the path" }, ...stops, adding),
      this.announcer.root,
    );
    this.map.endHintWithUse(root);
    return root;
  }
}
