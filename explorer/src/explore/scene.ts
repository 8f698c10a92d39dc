import { standardNormal } from "../base/random";
import { Underway } from "../base/underway";
import type { Engine } from "../engine/engine";
import { listenToUndo } from "../map/keyboard";
import type { OpenModel } from "../opened/openModel";
import type { ExplorerOptions } from "../options";
import { OwnImage } from "../own/ownImage";
import { takePictures } from "../own/takePictures";
import { downloadCanvas, enlarged } from "../page/download";
import { FrameLoop } from "../page/frameLoop";
import type { Theme } from "../page/theme";
import { Troubles } from "../page/troubles";
import type { PanelHandlers } from "../panel/panel";
import { History } from "../state/history";
import { INITIAL } from "../state/state";
import { Exhibit, type ExhibitHost } from "./exhibit";
import { Groups } from "./groups";
import { Keeping } from "./keeping";
import { ExploreLayout } from "./layout";
import { connectMap } from "./mapInput";
import { Pins } from "./pins";

/** A saved image is at least this many pixels a side. */
const LEAST_SAVED = 512;

export interface SceneHandlers extends Pick<ExhibitHost, "dispatch"> {
  /** The first image (without decoding: the map) is on the screen. */
  onReady(): void;
  /** The page cannot go on. */
  onError(error: unknown): void;
}

/** One model on show: the map, the panel, the tray, and the probe that ties them together. */
export class Scene {
  readonly root: HTMLElement;
  private readonly history = new History(INITIAL);
  /** What a hand is about, on the map or at a handle. */
  private readonly underway = new Underway();
  private readonly layout: ExploreLayout;
  private readonly groups: Groups;
  private readonly own: OwnImage;
  private readonly pins: Pins;
  private readonly keeping: Keeping;
  private readonly loop: FrameLoop;
  private readonly troubles: Troubles;
  /** What there is once the map's arrays have arrived. */
  private exhibit: Exhibit | null = null;
  private theme: Theme = { dark: false };
  private ready = false;

  constructor(
    private readonly model: OpenModel,
    private readonly options: ExplorerOptions,
    private readonly handlers: SceneHandlers,
    private readonly signal: AbortSignal,
  ) {
    const { manifest } = model;
    const { history } = this;
    this.loop = new FrameLoop(() => this.frame(), signal);
    this.troubles = new Troubles((words) => this.layout.panel.say(words), (error) => handlers.onError(error));
    this.groups = new Groups(manifest, this.underway);
    this.own = new OwnImage(
      manifest,
      {
        engine: () => this.background(),
        goTo: (latent, ended) => this.exhibit?.goTo(latent, ended),
        mark: (latent) => this.pins.markOwn(latent),
        pin: (latent, name) => this.pin(latent, name),
        standardNormal,
      },
      signal,
    );
    this.layout = new ExploreLayout(
      manifest,
      { groups: this.groups.panel.root, own: this.own.panel.root },
      {
        panel: this.panelHandlers(),
        options: {
          onColorBy: (colorBy) => history.commit({ colorBy }),
          onMethod: (method) => {
            // What is in the hand is held by a place of the map that goes.
            this.underway.cancel();
            history.commit({ method });
          },
          onLayers: (layers) => history.commit({ layers: { ...history.state.layers, ...layers } }),
        },
        onHidden: (hidden) => history.commit({ hidden }),
        onUndo: () => this.travel("undo"),
        onRedo: () => this.travel("redo"),
        onDraw: (polygon) => this.groups.draw(polygon),
        onLasso: (polygon) => this.groups.lassoed(polygon),
        requestFrame: () => this.loop.request(),
        nameOf: (point) => this.exhibit?.look.className(point) ?? "",
        onVisit: (point) => this.exhibit?.visit(point),
      },
      this.underway,
      signal,
    );
    const { map, toolbar, options: mapOptions } = this.layout;
    this.pins = new Pins(
      manifest,
      history,
      map,
      {
        goTo: (latent) => this.exhibit?.goTo(latent),
        decode: (latent, show) => this.decode(latent, show),
        placeOf: (latent) => this.exhibit?.look.latentMap.positionOf(latent) ?? null,
      },
      signal,
    );
    this.root = this.layout.root;
    this.root.append(this.pins.root);
    map.endHintWithUse(this.root);
    this.keeping = new Keeping(manifest, this.layout, history, () => this.exhibit?.probe ?? null, signal);
    history.listen(() => toolbar.setSteps(history.canUndo, history.canRedo));
    history.on(["method", "colorBy", "layers"], ({ method, colorBy, layers }) => mapOptions.show(method, colorBy, layers));
    listenToUndo(() => this.travel("undo"), () => this.travel("redo"), signal);
    takePictures(
      this.root,
      (file) => {
        this.layout.panel.tabs.show("own");
        void this.own.panel.take(file);
      },
      signal,
    );
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.exhibit?.setTheme(theme);
    if (this.exhibit) this.groups.panel.setColors(this.exhibit.look.classColors);
  }

  /** Draws the map as soon as its arrays are here, then the first image, then fetches what could wait. */
  async open(): Promise<void> {
    const { model, history, signal, handlers } = this;
    const { decoding } = this.options;
    if (decoding) model.local.preload();
    const data = await model.data();
    if (signal.aborted) return;
    const kept = this.keeping.restore();
    const exhibit = (this.exhibit = new Exhibit(
      {
        model,
        decoding,
        layout: this.layout,
        history,
        signal,
        requestFrame: () => this.loop.request(),
        dispatch: (name, detail) => handlers.dispatch(name, detail),
        onImage: (latent) => this.groups.probeMoved(latent),
        onLayout: () => this.laidOut(),
        onShown: () => this.shown(),
        troubles: this.troubles,
      },
      data,
    ));
    this.setTheme(this.theme);
    connectMap(this.layout.map, exhibit.session, this.layout.lasso, exhibit.card, { clear: () => this.clear(), pin: () => this.pinProbe() }, this.underway, signal);
    exhibit.begin(kept?.probe ?? null);
    const view = kept?.view;
    if (view) exhibit.look.whenLaidOut(() => this.layout.map.lookAt(view, view.zoom));
    history.listen(() => this.keeping.soon());
    if (decoding) await model.local.decode(exhibit.session.latent);
    await this.complete(exhibit);
  }

  close(): void {
    this.root.remove();
  }

  /** What the first image did not need: the choice of thread, the small pictures, the backdrop. */
  private async complete(exhibit: Exhibit): Promise<void> {
    const { model, history } = this;
    const pictures = model.thumbnails().catch(() => null);
    if (this.options.decoding) exhibit.session.useEngine(await model.fastest());
    const thumbnails = await pictures;
    if (this.signal.aborted) return;
    if (!thumbnails) this.layout.panel.say("The small pictures could not be loaded; all else goes on without them.");
    this.groups.connect({
      history,
      map: this.layout.map,
      look: exhibit.look,
      data: exhibit.data,
      session: exhibit.session,
      decode: (latent, show) => this.decode(latent, show),
      goTo: (latent) => exhibit.goTo(latent),
      pin: (latent, name) => this.pin(latent, name),
      say: (notice) => this.layout.panel.say(notice),
      reveal: () => this.layout.panel.tabs.show("groups"),
    });
    exhibit.complete(thumbnails);
    this.pins.restore();
  }

  /** What is still in the hand is no step yet: it goes back before any step does. */
  private travel(way: "undo" | "redo"): void {
    this.underway.cancel();
    this.history[way]();
  }

  private panelHandlers(): PanelHandlers {
    const { latent_dim } = this.model.manifest.model;
    return {
      onTake: () => this.exhibit?.session.begin(),
      onSlide: (dimension, value) => this.exhibit?.session.setDimension(dimension, value),
      onLetGo: () => this.exhibit?.session.commit(),
      onTakeBack: () => this.exhibit?.session.cancel(),
      onZero: () => this.exhibit?.goTo(new Float32Array(latent_dim)),
      onRandom: () => this.exhibit?.goTo(Float32Array.from({ length: latent_dim }, standardNormal)),
      onBack: () => this.exhibit?.goHome(),
      onSample: () => void this.exhibit?.sample(this.background()).catch((error: unknown) => this.troubles.aside(error)),
      onPin: () => this.pinProbe(),
      onSave: () => downloadCanvas(enlarged(this.layout.panel.image.canvas, LEAST_SAVED), `${this.model.manifest.name}.png`).catch((error: unknown) => this.troubles.aside(error)),
      onLink: () => void this.keeping.copyLink(this.options.name),
    };
  }

  /** The engine for what may take its time. */
  private background(): Promise<Engine> | null {
    return this.options.decoding ? this.model.background() : null;
  }

  /** Shows the image of a latent as soon as it is there. */
  private decode(latent: Float32Array, show: (image: Float32Array) => void): void {
    if (this.options.decoding) this.model.local.decode(latent).then(show).catch((error: unknown) => this.troubles.aside(error));
  }

  private frame(): void {
    this.layout.map.paint();
    this.exhibit?.frame();
    this.keeping.soon();
  }

  private laidOut(): void {
    this.groups.draw(null);
    this.pins.moved();
  }

  private shown(): void {
    this.troubles.passed();
    if (this.ready) return;
    this.ready = true;
    this.handlers.onReady();
  }

  /** Esc: the dragged point goes home; with nothing to send home, the groups are let go. */
  private clear(): void {
    if (this.exhibit?.goHome()) return;
    if (this.history.state.groups.some((group) => group)) this.history.commit({ groups: [null, null] });
  }

  private pin(latent: Float32Array, name: string): void {
    if (this.pins.pin(latent, name)) this.layout.panel.say("Pinned");
  }

  private pinProbe(): void {
    if (this.exhibit) this.pin(this.exhibit.session.latent, this.exhibit.name);
  }
}
