import type { Underway } from "../base/underway";
import { MapFacts } from "../map/facts";
import { LassoTool } from "../map/lassoTool";
import { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { MapOptions, type MapOptionsHandlers } from "../map/mapOptions";
import { Toolbar } from "../map/toolbar";
import type { Position } from "../base/geometry";
import { type Manifest, mapBounds } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import type { MapData } from "../model/modelFiles";
import { Announcer } from "../page/announcer";
import { element, wholeNumber } from "../page/dom";
import { classColors, toWord } from "../page/palette";
import type { Theme } from "../page/theme";
import { Neighbours } from "../panel/neighbours";
import { Panel, type PanelHandlers } from "../panel/panel";
import { INITIAL } from "../state/state";

export interface ExploreHandlers extends PanelHandlers, MapOptionsHandlers {
  onHidden(hidden: ReadonlySet<number>): void;
  onUndo(): void;
  onRedo(): void;
  /** A lasso is in the hand, or no longer; then, what it went round. */
  onDraw(polygon: readonly Position[] | null): void;
  onLasso(polygon: readonly Position[]): void;
  /** A frame is wanted. */
  requestFrame(): void;
  nameOf(point: number): string;
  onVisit(point: number): void;
}

/** What other parts bring to the page. */
export interface Furniture {
  readonly groups: HTMLElement;
  readonly own: HTMLElement;
}

/** What stands where on the page: all of it is there before any of the model's data. */
export class ExploreLayout {
  readonly root: HTMLElement;
  readonly map: MapPane;
  readonly toolbar: Toolbar;
  readonly lasso: LassoTool;
  readonly legend: Legend;
  readonly options: MapOptions;
  readonly facts: MapFacts;
  readonly neighbours: Neighbours;
  readonly panel: Panel;
  readonly announcer: Announcer;

  constructor(private readonly manifest: Manifest, { groups, own }: Furniture, handlers: ExploreHandlers, underway: Underway, signal: AbortSignal) {
    this.map = new MapPane(
      mapBounds(manifest),
      {
        label: `Map of ${wholeNumber(manifest.map.count)} ${pointWords(manifest).many}. Arrow keys move the probe, plus and minus zoom, zero fits the whole map, P pins the image.`,
        hint: "Drag the ring: the image follows",
        shortcuts: "P L Control+Z Control+Shift+Z",
      },
      () => handlers.requestFrame(),
      signal,
    );
    this.toolbar = new Toolbar({ onLasso: (on) => this.lasso.arm(on), onUndo: () => handlers.onUndo(), onRedo: () => handlers.onRedo() });
    this.lasso = new LassoTool(
      this.map,
      (polygon) => handlers.onDraw(polygon),
      (polygon) => handlers.onLasso(polygon),
      (armed) => this.toolbar.setLasso(armed),
    );
    this.map.addTools(this.toolbar.root);
    this.legend = new Legend(manifest, (hidden) => handlers.onHidden(hidden));
    this.options = new MapOptions(manifest, handlers);
    this.options.show(INITIAL.method, INITIAL.colorBy, INITIAL.layers);
    this.facts = new MapFacts(manifest);
    this.announcer = new Announcer(signal);
    this.neighbours = new Neighbours(pointWords(manifest).nearest, (point) => handlers.nameOf(point), (point) => handlers.onVisit(point));
    const tabs = [
      { name: "groups", label: "Groups", content: groups },
      { name: "own", label: "Your image", content: own },
    ];
    this.panel = new Panel(manifest, handlers, this.neighbours.root, tabs, underway);
    const below = element("div", { class: "below" }, this.options.root, this.legend.root, this.facts.root);
    const main = element("div", { class: "main" }, this.map.root, below);
    this.root = element("div", { class: "layout" }, main, this.panel.root, this.announcer.root);
  }

  /** Shows where the points are, before anything can be done with them. */
  showPoints({ points, labels }: MapData, { dark }: Theme): void {
    const words = classColors(this.manifest.data.class_names.length, dark).map(toWord);
    this.map.setPoints(points, mapBounds(this.manifest));
    this.map.setColors(Uint32Array.from(labels, (label) => words[label] ?? 0));
  }
}
