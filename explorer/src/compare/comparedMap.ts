import { Failure } from "../base/failure";
import type { Position } from "../base/geometry";
import type { Underway } from "../base/underway";
import type { Engine } from "../engine/engine";
import { HoverCard } from "../map/hoverCard";
import { LassoTool } from "../map/lassoTool";
import type { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { MapLook } from "../map/mapLook";
import type { Outline } from "../map/outlines";
import { lassoToggle } from "../map/toolbar";
import { type Manifest, mapBounds } from "../model/manifest";
import type { PointData } from "../model/pointData";
import type { Thumbnails } from "../model/thumbnails";
import { borrowModel } from "../opened/shelf";
import { element, wholeNumber } from "../page/dom";
import { failurePanel } from "../page/status";
import type { Theme } from "../page/theme";
import { Troubles } from "../page/troubles";
import { connectMap } from "../probe/mapInput";
import { ProbeSession } from "../probe/probeSession";
import { INITIAL, type State } from "../state/state";
import { nameOf } from "./naming";
import type { ComparedModel, CompareOptions } from "./options";
import { Picture } from "./picture";

export interface CompareHost {
  readonly underway: Underway;
  requestFrame(): void;
  /** The classes' switches, which maps of the same data share, and what they have been set to. */
  legendFor(manifest: Manifest): Legend;
  stateFor(manifest: Manifest): State;
  /** All of a model is there. */
  arrived(map: ComparedMap): void;
  /** A model could not be shown; the others go on. */
  failed(map: ComparedMap): void;
  moved(map: ComparedMap, pointerTime: number | null): void;
  decoded(map: ComparedMap, pointerTime: number | null): void;
  /** A movement has ended. */
  released(): void;
  /** The pointer is over a point, or over none. */
  hovered(map: ComparedMap, point: number | null): void;
  gathered(map: ComparedMap, polygon: readonly Position[]): void;
  clear(): void;
  say(words: string): void;
}

/** What there is of a model once it has arrived. */
export interface Shown {
  readonly manifest: Manifest;
  readonly data: PointData;
  /** Which image of its data each point is; null where the map does not say. */
  readonly indices: Uint32Array | null;
  readonly engine: Engine;
  readonly thumbnails: Thumbnails;
  readonly map: MapPane;
  readonly look: MapLook;
  readonly session: ProbeSession;
}

/** One model of a comparison: its map with the probe, and its picture in the row of all. */
export class ComparedMap {
  readonly root: HTMLElement;
  readonly picture: Picture;
  /** Where the image itself is drawn that the hand on this map is on. */
  readonly original = element("canvas", { class: "crisp", role: "img", "aria-label": "The image itself" });
  shown: Shown | null = null;
  private readonly area = element("div", { class: "area" }, element("div", { class: "map" }));
  private readonly outlines: { drawn: readonly Outline[] } = { drawn: [] };
  private lifetime = new AbortController();
  private absent = false;

  constructor(
    readonly letter: string,
    readonly about: ComparedModel,
    /** Models of different lanes are decoded side by side. */
    private readonly lane: number,
    private readonly options: CompareOptions,
    private readonly host: CompareHost,
    private readonly signal: AbortSignal,
  ) {
    const heading = element("h3", {}, ...nameOf(letter, about.title));
    this.root = element("section", { class: "side", "aria-label": `${letter}, ${about.title}` }, heading, this.area);
    this.picture = new Picture(letter, about.title);
    signal.addEventListener("abort", () => this.lifetime.abort(), { once: true });
  }

  /** Fetches and shows the model; what fails is said in its place, with a way to try again. */
  async open(theme: () => Theme): Promise<void> {
    this.lifetime.abort();
    const lifetime = (this.lifetime = new AbortController());
    try {
      this.shown = await this.load(theme, lifetime.signal);
      this.host.arrived(this);
    } catch (error) {
      if (!lifetime.signal.aborted) this.fail(error, theme);
    }
  }

  setTheme(theme: Theme): void {
    if (this.shown) this.shown.look.setTheme(theme, this.host.stateFor(this.shown.manifest));
  }

  /** Once a frame. */
  frame(): void {
    this.shown?.map.paint();
    this.shown?.session.pump();
  }

  /** The image that the others are on is none of this model's. */
  leave(): void {
    this.absent = true;
    this.picture.blank();
  }

  /** The outline of what was gathered on this map; null for none. */
  outline(polygon: readonly Position[] | null): void {
    this.outlines.drawn = polygon ? [{ polygon, look: "first" }] : [];
    this.shown?.map.setOutlines(this.outlines.drawn);
  }

  private fail(error: unknown, theme: () => Theme): void {
    this.lifetime.abort();
    this.shown = null;
    this.picture.blank();
    this.picture.say("cannot be shown");
    const failure = Failure.from(error, "This model could not be shown.");
    this.area.replaceChildren(failurePanel(failure, () => !this.signal.aborted && void this.open(theme)));
    this.host.failed(this);
  }

  private async load(theme: () => Theme, signal: AbortSignal): Promise<Shown> {
    const { about, options, host, letter } = this;
    const model = await borrowModel({ ...options, ...about }, signal);
    const { manifest } = model;
    const { image_size, channels } = manifest.model;
    this.picture.fit(image_size, channels, `What ${letter} decodes`);
    const map = this.paneFor(manifest, signal);
    const [data, engine, thumbnails] = await Promise.all([model.data(), model.background(this.lane), model.thumbnails()]);
    const indices = await data.indices();
    signal.throwIfAborted();
    const troubles = new Troubles((words) => host.say(`${letter}: ${words}`), (error) => this.fail(error, theme));
    const session = new ProbeSession(data.halves, (point) => map.positionOf(point), data.map, engine, {
      onMove: (probe, pointerTime) => {
        this.absent = false;
        map.moveProbe(probe.position);
        host.moved(this, pointerTime);
      },
      onDecode: (image, pointerTime) => {
        if (signal.aborted || this.absent) return;
        troubles.passed();
        this.picture.show(image);
        host.decoded(this, pointerTime);
      },
      onStep: () => undefined, // nothing is taken back here
      onRelease: () => host.released(),
      onError: (error) => troubles.failed(error),
    });
    const look = new MapLook(manifest, data, map, host.legendFor(manifest), {
      images: () => Promise.resolve(null),
      onLayout: () => undefined,
      onClassColors: () => undefined,
      onError: (error) => troubles.aside(error),
    });
    const state = host.stateFor(manifest);
    look.apply(state, INITIAL);
    look.setTheme(theme(), state);
    look.open(state);
    const shown = { manifest, data, indices, engine, thumbnails, map, look, session };
    this.connect(shown, troubles, signal);
    return shown;
  }

  private paneFor(manifest: Manifest, signal: AbortSignal): MapPane {
    const { letter, about, host } = this;
    const map = new MapPane(
      mapBounds(manifest),
      {
        label: `Map of ${letter}, ${about.title}: ${wholeNumber(manifest.map.count)} images. Arrow keys move the probe, plus and minus zoom, zero fits the whole map, L takes the lasso.`,
        hint: about.followed ? "Drag the ring: models of the same data follow" : "Drag the ring",
        shortcuts: "L",
      },
      () => host.requestFrame(),
      signal,
    );
    this.area.replaceChildren(map.root);
    return map;
  }

  /** Wires the hand, the keys and the pointer to this map, and what they do to the others. */
  private connect({ manifest, map, look, session, thumbnails }: Shown, troubles: Troubles, signal: AbortSignal): void {
    const { host } = this;
    const lasso = new LassoTool(
      map,
      (polygon) => map.setOutlines(polygon ? [...this.outlines.drawn, { polygon, look: "drawing" }] : this.outlines.drawn),
      (polygon) => host.gathered(this, polygon),
      (armed) => (tool.on = armed),
    );
    const tool = lassoToggle((on) => lasso.arm(on));
    map.addTools(element("div", { class: "toolbar", role: "toolbar", "aria-label": "Map tools" }, tool.root));
    const card = new HoverCard(
      manifest,
      {
        className: (point) => look.className(point),
        color: (point) => look.classColor(point),
        place: (point) => map.view.toPlace(map.positionOf(point)),
        reconstruct: (point) => session.reconstruct(point),
        onError: (error) => troubles.aside(error),
      },
      signal,
    );
    card.setPictures((point, canvas) => void thumbnails.draw(point, canvas).catch((error: unknown) => troubles.aside(error)));
    map.root.append(card.root);
    const over = (point: number | null): void => {
      card.over(point);
      host.hovered(this, point);
    };
    connectMap(map, session, lasso, { over }, { clear: () => host.clear() }, host.underway, signal);
  }
}
