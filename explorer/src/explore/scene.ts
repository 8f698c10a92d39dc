import type { Engine } from "../engine/engine";
import type { Position } from "../base/geometry";
import { Underway } from "../base/underway";
import { HoverCard } from "../map/hoverCard";
import { listenToUndo } from "../map/keyboard";
import { LassoTool } from "../map/lassoTool";
import { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { connectMap } from "./mapInput";
import { MapLook } from "../map/mapLook";
import { MapOptions } from "../map/mapOptions";
import type { Outline } from "../map/outlines";
import { type Marked, PinMarks } from "../map/pinMarks";
import { Toolbar } from "../map/toolbar";
import { type Manifest, mapBounds } from "../model/manifest";
import { standardNormal } from "../base/random";
import type { PointData } from "../model/pointData";
import type { Thumbnails } from "../model/thumbnails";
import type { OpenModel } from "../opened/openModel";
import type { ExplorerOptions } from "../options";
import { drawn, OwnImage } from "../own/ownImage";
import { takePictures } from "../own/takePictures";
import { Announcer } from "../page/announcer";
import { element, wholeNumber } from "../page/dom";
import { downloadCanvas, enlarged } from "../page/download";
import { MapFacts } from "../map/facts";
import type { Theme } from "../page/theme";
import { Troubles } from "../page/troubles";
import { Groups } from "./groups";
import { Neighbours } from "../panel/neighbours";
import { Panel } from "../panel/panel";
import { linkedPlace, linkTo } from "../probe/placeLink";
import type { ProbeState } from "../state/state";
import { ProbeSession } from "../probe/probeSession";
import { NEAR, Surroundings } from "./surroundings";
import { History } from "../state/history";
import { INITIAL, sameMethod, type State } from "../state/state";
import { PinBoard } from "../tray/pinBoard";

/** A saved image is at least this many pixels a side. */
const LEAST_SAVED = 512;

export interface SceneHandlers {
  /** The first image (without decoding: the map) is on the screen. */
  onReady(): void;
  /** A movement has ended. */
  onRelease(probe: ProbeState): void;
  /** Decoding has stopped for good. */
  onError(error: unknown): void;
  /** Sends an event out of the explorer. */
  dispatch(name: "explorer:decoded" | "explorer:moved", detail: object): void;
}

/** What there is once the map's arrays have arrived. */
interface Opened {
  readonly data: PointData;
  readonly session: ProbeSession;
  readonly look: MapLook;
  readonly card: HoverCard;
  readonly surroundings: Surroundings;
}

/** One model on show: the map, the panel, the tray, and the probe that ties them together. */
export class Scene {
  readonly root: HTMLElement;
  private readonly manifest: Manifest;
  private readonly history = new History(INITIAL, (state, before, travelled) => this.apply(state, before, travelled));
  /** What a hand is about, on the map or at a handle. */
  private readonly underway = new Underway();
  private readonly map: MapPane;
  private readonly panel: Panel;
  private readonly legend: Legend;
  private readonly mapOptions: MapOptions;
  private readonly facts: MapFacts;
  private readonly toolbar: Toolbar;
  private readonly lasso: LassoTool;
  private readonly groups: Groups;
  private readonly own: OwnImage;
  private readonly neighbours: Neighbours;
  private readonly pins: PinBoard;
  private readonly pinMarks: PinMarks;
  /** The picture of one's own that was encoded last, numbered so that each has a place of its own. */
  private ownMark: Marked | null = null;
  private ownMarks = 0;
  private readonly announcer: Announcer;
  private readonly troubles: Troubles;
  /** Null to show the map and the probe alone. */
  private readonly engines: OpenModel | null;
  private opened: Opened | null = null;
  private thumbnails: Thumbnails | null = null;
  private theme: Theme = { dark: false };
  /** Pointer time of the newest move, until a frame has shown it. */
  private unpainted: { readonly pointerTime: number | null } | null = null;
  private frameRequested = false;
  private ready = false;

  constructor(
    private readonly model: OpenModel,
    private readonly options: ExplorerOptions,
    private readonly handlers: SceneHandlers,
    private readonly signal: AbortSignal,
  ) {
    const { manifest } = model;
    this.manifest = manifest;
    this.engines = options.decoding ? model : null;
    this.map = new MapPane(
      mapBounds(manifest),
      {
        label: `Map of ${wholeNumber(manifest.map.count)} images. Arrow keys move the probe, plus and minus zoom, zero fits the whole map, P pins the image.`,
        hint: "Drag the ring: the image follows",
        shortcuts: "P L",
      },
      () => this.requestFrame(),
      signal,
    );
    this.toolbar = new Toolbar({
      onLasso: (on) => this.lasso.arm(on),
      onUndo: () => this.travel("undo"),
      onRedo: () => this.travel("redo"),
    });
    this.lasso = new LassoTool(
      this.map,
      (polygon) => this.outline(polygon),
      (polygon) => this.groups.lassoed(polygon),
      (armed) => this.toolbar.setLasso(armed),
    );
    this.map.root.append(this.toolbar.root);
    this.legend = new Legend(manifest, (hidden) => this.history.commit({ hidden }));
    this.mapOptions = new MapOptions(manifest, {
      onColorBy: (colorBy) => this.history.commit({ colorBy }),
      onMethod: (method) => {
        // What is in the hand is held by a place of the map that goes.
        this.underway.cancel();
        this.history.commit({ method });
      },
      onLayers: (layers) => this.history.commit({ layers: { ...this.history.state.layers, ...layers } }),
    });
    this.facts = new MapFacts(manifest);
    this.mapOptions.show(INITIAL.method, INITIAL.colorBy, INITIAL.layers);
    this.announcer = new Announcer(signal);
    this.troubles = new Troubles((words) => this.panel.say(words), (error) => handlers.onError(error));
    this.groups = new Groups(manifest, this.underway);
    const pin = (latent: Float32Array, name: string): void => this.pin(latent, name);
    this.own = new OwnImage(
      manifest,
      {
        engine: () => this.background(),
        goTo: (latent, ended) => this.goTo(latent, ended),
        mark: (latent) => this.markOwn(latent),
        pin,
        standardNormal,
      },
      signal,
    );
    this.pinMarks = new PinMarks(this.map, (latent) => this.placeOf(latent));
    this.pins = new PinBoard(manifest, this.history, { goTo: (latent) => this.goTo(latent), decode: (latent, show) => this.decode(latent, show) }, signal);
    this.neighbours = new Neighbours((point) => this.opened?.look.className(point) ?? "", (point) => this.visit(point));
    this.panel = this.makePanel();
    const below = element("div", { class: "below" }, this.mapOptions.root, this.legend.root, this.facts.root);
    const main = element("div", { class: "main" }, this.map.root, below);
    this.root = element("div", { class: "layout" }, main, this.panel.root, this.pins.tray.root, this.announcer.root);
    this.map.endHintWithUse(this.root);
    listenToUndo(() => this.travel("undo"), () => this.travel("redo"), signal);
    takePictures(
      this.root,
      (file) => {
        this.panel.tabs.show("own");
        void this.own.panel.take(file);
      },
      signal,
    );
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (!this.opened) return;
    const { look, surroundings } = this.opened;
    look.setTheme(theme, this.history.state);
    this.groups.panel.setColors(look.classColors);
    surroundings.describe();
  }

  /** Draws the map as soon as its arrays are here, then the first image, then fetches what could wait. */
  async open(): Promise<void> {
    this.engines?.local.preload();
    const data = await this.model.data();
    if (this.signal.aborted) return;
    const session = new ProbeSession(data.halves, (point) => this.map.positionOf(point), this.engines?.local ?? null, {
      onMove: (_probe, pointerTime) => this.follow(pointerTime),
      onDecode: (image, pointerTime) => this.show(image, pointerTime),
      onRelease: (probe, step) => this.released(probe, step),
      onError: (error) => this.troubles.failed(error),
    });
    const look = new MapLook(this.manifest, data, this.map, this.legend, {
      images: (positions) => this.images(positions),
      onError: (error) => this.troubles.aside(error),
    });
    const card = this.hoverCard(session, look);
    const surroundings = new Surroundings(this.map, look, data, session, this.panel, this.neighbours, this.announcer, this.signal);
    const opened = (this.opened = { data, session, look, card, surroundings });
    this.setTheme(this.theme);
    connectMap(this.map, session, this.lasso, card, { clear: () => this.clear(), pin: () => this.pinProbe() }, this.underway, this.signal);
    this.begin(session);
    await this.engines?.local.reconstruct(session.latent);
    await this.complete(opened);
  }

  close(): void {
    this.root.remove();
  }

  /** Puts the probe where the session left it, else where the address says, else where the model would have it. */
  private begin(session: ProbeSession): void {
    const { probe } = this.options;
    const linked = linkedPlace(this.manifest);
    if (probe?.latent.length === this.manifest.model.latent_dim) session.restore(probe);
    else if (linked) {
      this.history.amend({ method: linked.method });
      session.restore(linked.probe);
      this.map.lookAt(linked.view, linked.view.zoom);
    } else session.snap(this.manifest.map.start, null);
    this.history.amend({ probe: session.state });
  }

  /** What the first image did not need: the other graphs, the choice of thread, the small pictures, the backdrop. */
  private async complete({ data, session, look, card, surroundings }: Opened): Promise<void> {
    if (this.engines) session.useEngine(await this.engines.fastest());
    const thumbnails = (this.thumbnails = await this.model.thumbnails());
    if (this.signal.aborted) return;
    card.setThumbnails(thumbnails);
    this.groups.connect({
      history: this.history,
      look,
      data,
      session,
      decode: (latent, show) => this.decode(latent, show),
      goTo: (latent) => this.goTo(latent),
      pin: (latent, name) => this.pin(latent, name),
      say: (notice) => this.panel.say(notice),
      reveal: () => this.panel.tabs.show("groups"),
    });
    look.open(this.history.state);
    this.pins.restore();
    surroundings.measure(thumbnails);
  }

  /** What is still in the hand is no step yet: it goes back before any step does. */
  private travel(way: "undo" | "redo"): void {
    this.underway.cancel();
    this.history[way]();
  }

  /** Shows what has changed between two states; the probe only if undo or redo has moved it. */
  private apply(state: State, before: State, travelled: boolean): void {
    this.toolbar.setSteps(this.history.canUndo, this.history.canRedo);
    this.mapOptions.show(state.method, state.colorBy, state.layers);
    this.pins.apply(state, before);
    if (!this.opened) return;
    const { look, session, surroundings } = this.opened;
    look.apply(state, before);
    this.groups.apply(state, before);
    const laidOut = state.method !== before.method;
    if (laidOut) {
      session.useMap(look.flat);
      this.facts.show(state.method, look.flat?.explained ?? null);
    }
    if (travelled && state.probe && state.probe !== before.probe) {
      session.restore(state.probe);
      session.release(false);
    } else if (laidOut) {
      session.relocate();
    }
    if (laidOut || state.groups !== before.groups) this.outline(null);
    if (laidOut) this.pinMarks.forget();
    if (laidOut || state.pins !== before.pins) this.markPins();
    surroundings.describe();
  }

  private makePanel(): Panel {
    const { manifest } = this;
    const { latent_dim } = manifest.model;
    return new Panel(
      manifest,
      {
        onTake: () => this.opened?.session.begin(),
        onSlide: (dimension, value) => this.opened?.session.setDimension(dimension, value),
        onLetGo: () => this.opened?.session.commit(),
        onTakeBack: () => this.opened?.session.cancel(),
        onZero: () => this.goTo(new Float32Array(latent_dim)),
        onRandom: () => this.goTo(Float32Array.from({ length: latent_dim }, standardNormal)),
        onBack: () => this.goHome(),
        onSample: () => this.sample().catch((error: unknown) => this.troubles.aside(error)),
        onPin: () => this.pinProbe(),
        onSave: () => downloadCanvas(enlarged(this.panel.image.canvas, LEAST_SAVED), `${manifest.name}.png`).catch((error: unknown) => this.troubles.aside(error)),
        onLink: () => void this.copyLink(),
      },
      this.neighbours.root,
      [
        { name: "groups", label: "Groups", content: this.groups.panel.root },
        { name: "own", label: "Your image", content: this.own.panel.root },
      ],
      this.underway,
    );
  }

  private hoverCard(session: ProbeSession, look: MapLook): HoverCard {
    const card = new HoverCard(
      this.manifest,
      {
        className: (point) => look.className(point),
        color: (point) => look.classColor(point),
        place: (point) => this.map.view.toPlace(this.map.positionOf(point)),
        reconstruct: (point) => session.reconstruct(point),
        onError: (error) => this.troubles.aside(error),
      },
      this.signal,
    );
    this.map.root.append(card.root);
    return card;
  }

  /** The engine for what may take its time. */
  private background(): Promise<Engine> | null {
    return this.engines?.background() ?? null;
  }

  private decode(latent: Float32Array, show: (image: Float32Array) => void): void {
    this.engines?.local.reconstruct(latent).then(show).catch((error: unknown) => this.troubles.aside(error));
  }

  /** Images at positions of the map in use. */
  private async images(positions: Float32Array): Promise<Float32Array | null> {
    const engine = await this.background();
    if (!engine || !this.opened) return null;
    return engine.reconstruct(this.opened.look.flatLatentsAt(positions) ?? (await engine.latentsAt(positions)));
  }

  /** Where the map in use has a latent. */
  private placeOf(latent: Float32Array): Promise<Position> | null {
    const flat = this.opened?.look.flat;
    return flat ? Promise.resolve(flat.positionOf(latent)) : (this.engines?.local.positionOf(latent) ?? null);
  }

  private markOwn(latent: Float32Array | null): void {
    this.ownMark = latent && { id: `own ${++this.ownMarks}`, name: "your image", latent };
    this.markPins();
  }

  private markPins(): void {
    const own = this.ownMark ? [this.ownMark] : [];
    this.pinMarks.show([...this.history.state.pins, ...own]).catch((error: unknown) => this.troubles.aside(error));
  }

  /** Asks for a frame, unless one is on its way. */
  private requestFrame(): void {
    if (this.frameRequested) return;
    this.frameRequested = true;
    requestAnimationFrame(() => {
      this.frameRequested = false;
      if (!this.signal.aborted) this.frame();
    });
  }

  private frame(): void {
    this.map.paint();
    if (!this.engines && this.unpainted && this.opened) {
      this.handlers.dispatch("explorer:moved", { ...this.opened.session.state, pointerTime: this.unpainted.pointerTime });
      this.becomeReady();
    }
    this.unpainted = null;
    this.opened?.session.pump();
  }

  private follow(pointerTime: number | null): void {
    const { session, surroundings } = this.opened!;
    this.unpainted = { pointerTime };
    this.map.moveProbe(session.probe.position);
    surroundings.describe();
    this.requestFrame();
  }

  private show(image: Float32Array, pointerTime: number | null): void {
    if (!this.opened || this.signal.aborted) return;
    const { session, surroundings } = this.opened;
    this.panel.image.show(image);
    this.panel.sliders.show(session.latent);
    this.groups.probeMoved(session.latent);
    surroundings.changed();
    this.handlers.dispatch("explorer:decoded", { ...session.state, pointerTime });
    this.becomeReady();
  }

  private released(probe: ProbeState, step: boolean): void {
    if (step) this.history.commit({ probe });
    else this.history.amend({ probe });
    this.handlers.onRelease(probe);
  }

  private becomeReady(): void {
    this.troubles.passed();
    if (this.ready) return;
    this.ready = true;
    this.handlers.onReady();
  }

  /** @param ended whether the movement is over, which makes it a step that can be taken back */
  private goTo(latent: Float32Array, ended = true): void {
    this.opened?.session.setLatent(latent);
    if (ended) this.opened?.session.release();
  }

  private visit(point: number): void {
    this.opened?.session.snap(point, null);
    this.map.revealProbe();
    this.opened?.session.release();
  }

  /** Sends the probe home; tells whether it was away. */
  private goHome(): boolean {
    const { home, probe } = this.opened?.session ?? { home: null, probe: null };
    if (home === null || probe?.point !== null) return false;
    this.visit(home);
    return true;
  }

  /** Esc: the dragged point goes home; with nothing to send home, the groups are let go. */
  private clear(): void {
    if (this.goHome()) return;
    if (this.history.state.groups.some((group) => group)) this.history.commit({ groups: [null, null] });
  }

  private pin(latent: Float32Array, name: string): void {
    if (this.pins.pin(latent, name)) this.panel.say("Pinned");
  }

  private pinProbe(): void {
    if (!this.opened) return;
    const { session, look } = this.opened;
    const { point, position } = session.probe;
    const near = this.map.nearestPoint(position);
    const named = point ?? (near && near.pixels <= NEAR ? near.point : null);
    this.pin(session.latent, named === null ? "between the data" : look.className(named));
  }

  /** Draws from the posterior of the data point under the probe, encoded anew from its small picture. */
  private async sample(): Promise<void> {
    const { session } = this.opened!;
    const { point } = session.probe;
    const engine = await this.background();
    const { image_size, channels } = this.manifest.model;
    if (point === null || !engine || this.thumbnails?.tile !== image_size) return;
    const { logVariance } = await engine.encode(this.thumbnails.read(point, channels));
    this.goTo(drawn({ mean: this.opened!.data.halves.row(point), logVariance }, standardNormal));
  }

  private async copyLink(): Promise<void> {
    const { session } = this.opened!;
    const link = linkTo(this.manifest, this.history.state, session.state, this.map.view);
    this.panel.say((await this.panel.link.copy(link)) ? "Link copied" : "");
  }

  /** Shows the lassos: the groups' on the map they were drawn on, and the one in the hand. */
  private outline(drawing: readonly Position[] | null): void {
    const { groups, method } = this.history.state;
    const outlines: Outline[] = groups.flatMap((group, slot) =>
      group?.outline && sameMethod(group.outline.method, method) ? [{ polygon: group.outline.polygon, look: slot === 0 ? "first" : "second" }] : [],
    );
    if (drawing) outlines.push({ polygon: drawing, look: "drawing" });
    this.map.setOutlines(outlines);
  }
}
