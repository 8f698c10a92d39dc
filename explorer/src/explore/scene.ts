import { standardNormal } from "../base/random";
import { Underway } from "../base/underway";
import { listenToUndo } from "../map/keyboard";
import { Decoding } from "../opened/decoding";
import type { OpenModel } from "../opened/openModel";
import type { ExplorerOptions } from "../options";
import { OwnImage } from "../own/ownImage";
import { takePictures } from "../own/takePictures";
import { FrameLoop } from "../page/frameLoop";
import type { Theme } from "../page/theme";
import { Troubles } from "../page/troubles";
import { History } from "../state/history";
import { INITIAL } from "../state/state";
import { Actions } from "./actions";
import { Exhibit, type ExhibitHost } from "./exhibit";
import { Groups } from "./groups";
import { Keeping } from "./keeping";
import { ExploreLayout } from "./layout";
import { connectMap } from "../probe/mapInput";
import { Pins } from "./pins";
import { type KeptProbe, startOf } from "./workspace";

export interface SceneHandlers extends Pick<ExhibitHost, "dispatch"> {
  /** The first image (without decoding: the map) is on the screen. */
  onReady(): void;
  /** The page cannot go on. */
  onError(error: unknown): void;
}

/** One model on show: the map, the panel, the tray, and the probe that ties them together. */
export class Scene {
  readonly root: HTMLElement;
  /** What a hand is about, on the map or at a handle. */
  private readonly underway = new Underway();
  private readonly history = new History(INITIAL, this.underway);
  private readonly layout: ExploreLayout;
  private readonly groups: Groups;
  private readonly own: OwnImage;
  private readonly pins: Pins;
  private readonly keeping: Keeping;
  private readonly loop: FrameLoop;
  private readonly troubles: Troubles;
  private readonly decoding: Decoding;
  private readonly actions: Actions;
  /** What there is once the map's arrays have arrived. */
  private exhibit: Exhibit | null = null;
  private theme: Theme = { dark: false };
  private ready = false;

  constructor(
    private readonly model: OpenModel,
    options: ExplorerOptions,
    private readonly handlers: SceneHandlers,
    private readonly signal: AbortSignal,
  ) {
    const { manifest } = model;
    const { history } = this;
    this.loop = new FrameLoop(() => this.frame(), signal);
    this.troubles = new Troubles((words) => this.layout.panel.say(words), (error) => handlers.onError(error));
    this.decoding = new Decoding(model, options.decoding, (error) => this.troubles.aside(error));
    this.actions = new Actions(model, history, this.underway, () => this.exhibit, () => ({
      layout: this.layout,
      pins: this.pins,
      groups: this.groups,
      troubles: this.troubles,
      requestFrame: () => this.loop.request(),
      copyLink: () => this.keeping.copyLink(options.name),
    }));
    this.groups = new Groups(manifest, this.underway);
    this.own = new OwnImage(
      manifest,
      {
        engine: () => this.decoding.background(),
        goTo: (latent, ended) => this.exhibit?.goTo(latent, ended),
        mark: (latent) => {
          this.pins.markOwn(latent);
          this.keeping.ownChanged();
        },
        pin: (latent, name) => this.actions.pin(latent, name),
        standardNormal,
        learnedPrior: () => (manifest.prior ? model.prior() : Promise.resolve(null)),
      },
      signal,
    );
    const furniture = { groups: this.groups.panel.root, own: this.own.panel.root };
    this.layout = new ExploreLayout(manifest, furniture, this.actions, this.underway, signal);
    const { map, toolbar, options: mapOptions } = this.layout;
    this.pins = new Pins(
      manifest,
      history,
      map,
      {
        goTo: (latent) => this.exhibit?.goTo(latent),
        decode: (latent, show) => this.decoding.show(latent, show),
        placeOf: (latent) => this.exhibit?.look.latentMap.positionOf(latent) ?? null,
      },
      signal,
    );
    this.root = this.layout.root;
    this.root.append(this.pins.root);
    map.endHintWithUse(this.root);
    this.keeping = new Keeping(manifest, this.layout, history, () => this.exhibit?.probe ?? null, () => this.own.kept, signal, options.standalone?.address);
    history.listen(() => toolbar.setSteps(history.canUndo, history.canRedo));
    history.on(["method", "colorBy", "layers"], ({ method, colorBy, layers }) => mapOptions.show(method, colorBy, layers));
    listenToUndo(() => this.actions.onUndo(), () => this.actions.onRedo(), signal);
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
  }

  /** Shows the first image, then the points, then takes the probe into the hand, then what could wait: what comes later takes nothing from what comes before. */
  async open(): Promise<void> {
    const { model, history, signal, handlers, decoding } = this;
    decoding.preload();
    const kept = this.keeping.restore();
    const first = kept?.probe ?? startOf(model.manifest);
    const announced = await this.showFirst(first);
    const placed = await model.mapData();
    if (signal.aborted) return;
    if (!kept) this.layout.showPoints(placed, this.theme);
    const data = await model.data();
    if (signal.aborted) return;
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
        onClassColors: (colors) => this.groups.panel.setColors(colors),
        onShown: () => this.shown(),
        troubles: this.troubles,
      },
      data,
      announced,
    ));
    this.setTheme(this.theme);
    connectMap(this.layout.map, exhibit.session, this.layout.lasso, exhibit.card, { clear: () => this.actions.clear(), pin: () => this.actions.onPin() }, this.underway, signal);
    exhibit.begin(kept?.probe ?? null);
    const view = kept?.view;
    if (view) exhibit.look.whenLaidOut(() => this.layout.map.lookAt(view, view.zoom));
    history.listen(() => this.keeping.soon());
    await decoding.local?.decode(exhibit.session.latent);
    await this.complete(exhibit);
  }

  close(): void {
    this.root.remove();
  }

  /** Shows the image of a probe that says itself what its latent is, for which the decoder is enough; returns the latent. */
  private async showFirst({ position, latent: numbers, point, home }: Omit<KeptProbe, "method">): Promise<Float32Array | null> {
    if (!position || !numbers) return null;
    const latent = Float32Array.from(numbers);
    const image = await this.decoding.local?.decode(latent);
    if (!image || this.signal.aborted) return null;
    this.layout.panel.image.show(image);
    this.layout.panel.sliders.show(latent);
    this.handlers.dispatch("explorer:decoded", { position, latent: [...latent], point, home, pointerTime: null });
    return latent;
  }

  /** What the first image did not need: the choice of thread, the small pictures, the backdrop. */
  private async complete(exhibit: Exhibit): Promise<void> {
    const { model, history } = this;
    exhibit.showPictures(await model.thumbnails());
    const engine = await this.decoding.fastest();
    if (this.signal.aborted) return;
    if (engine) exhibit.session.useEngine(engine);
    this.groups.connect({
      history,
      map: this.layout.map,
      look: exhibit.look,
      data: exhibit.data,
      session: exhibit.session,
      decode: (latent, show) => this.decoding.show(latent, show),
      goTo: (latent) => exhibit.goTo(latent),
      pin: (latent, name) => this.actions.pin(latent, name),
      say: (notice) => this.layout.panel.say(notice),
      reveal: () => this.layout.panel.tabs.show("groups"),
    });
    exhibit.complete();
    this.pins.restore();
    this.own.restore(this.keeping.own);
    model.ground().then((ground) => this.signal.aborted || exhibit.surroundings.judge(ground)).catch((error: unknown) => this.troubles.aside(error));
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
}
