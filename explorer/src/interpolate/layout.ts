import { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { MapLook } from "../map/mapLook";
import { type Manifest, mapBounds } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import type { PointData } from "../model/pointData";
import { Announcer } from "../page/announcer";
import { element, wholeNumber } from "../page/dom";
import type { Theme } from "../page/theme";
import { INITIAL, type State } from "../state/state";

export interface PathHandlers {
  onHidden(hidden: ReadonlySet<number>): void;
  /** A frame is wanted. */
  requestFrame(): void;
  onError(error: unknown): void;
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

  private look: MapLook | null = null;
  private theme: Theme = { dark: false };
  private hidden: ReadonlySet<number> = INITIAL.hidden;

  constructor(
    private readonly manifest: Manifest,
    private readonly handlers: PathHandlers,
    signal: AbortSignal,
  ) {
    this.announcer = new Announcer(signal);
    this.map = new MapPane(
      mapBounds(manifest),
      {
        label: `Map of ${wholeNumber(manifest.map.count)} ${pointWords(manifest).many} with the stops of the path. Arrow keys move the chosen stop, plus and minus zoom, zero fits the whole map, P pins the frame.`,
        hint: "Drag a letter: every frame follows",
        shortcuts: "P Control+Z Control+Shift+Z",
      },
      () => handlers.requestFrame(),
      signal,
    );
    this.legend = new Legend(manifest, (hidden) => handlers.onHidden(hidden));
  }

  /** Shows the points, from now on in the colours of the theme. */
  showPoints(data: PointData): MapLook {
    this.look = new MapLook(this.manifest, data, this.map, this.legend, {
      images: () => Promise.resolve(null),
      onLayout: () => undefined,
      onClassColors: () => undefined,
      onError: (error) => this.handlers.onError(error),
    });
    this.setTheme(this.theme);
    return this.look;
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.look?.setTheme(theme, this.state);
  }

  /** Classes that the legend has switched off. */
  setHidden(hidden: ReadonlySet<number>): void {
    const before = this.state;
    this.hidden = hidden;
    this.look?.apply(this.state, before);
  }

  /** What the map shows, as the other page says it. */
  private get state(): State {
    return { ...INITIAL, hidden: this.hidden };
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
