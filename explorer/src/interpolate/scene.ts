import { Underway } from "../base/underway";
import { listenToUndo } from "../map/keyboard";
import type { MapLook } from "../map/mapLook";
import type { OpenModel } from "../opened/openModel";
import { absoluteUrl, type ExplorerOptions, type SceneReport } from "../options";
import { takePictures } from "../own/takePictures";
import { Flow } from "../plane/flow";
import { FrameLoop } from "../page/frameLoop";
import type { Theme } from "../page/theme";
import { Troubles } from "../page/troubles";
import { History } from "../state/history";
import { INITIAL } from "../state/state";
import { Film } from "./film";
import type { Arrived } from "./frameDecoder";
import type { Held } from "./frames";
import { Keeping } from "./keeping";
import { PathLayout } from "./layout";
import type { Plan } from "./plan";
import { Reports } from "./reports";
import type { SharedScene } from "./sceneLink";
import { Service } from "./service";
import { type Choices, INITIAL_CHOICES } from "./state";
import { StopMaker } from "./stopMaker";
import { Stops } from "./stops";

export interface InterpolationHandlers {
  /** The first frames are on the screen. */
  onReady(): void;
  /** All frames of a new scene are there. */
  onScene(report: SceneReport): void;
  onError(error: unknown): void;
  dispatch(name: "explorer:strip" | "explorer:scene", detail: object): void;
}

/** Stops on the map, and all that lies between them: the page of paths. */
export class InterpolationScene {
  readonly root: HTMLElement;
  /** What a hand is about, on the map or at a handle. */
  private readonly underway = new Underway();
  private readonly history = new History<Choices>(INITIAL_CHOICES, this.underway);
  private readonly layout: PathLayout;
  private readonly stops: Stops;
  private readonly film: Film;
  private readonly keeping: Keeping;
  private readonly reports: Reports;
  private readonly loop: FrameLoop;
  private readonly troubles: Troubles;
  /** Null where no server stands behind the page. */
  private readonly service: Service | null;
  /** How the map looks, once its arrays have arrived. */
  private look: MapLook | null = null;
  /** Frames whose path is still to be shown on the map. */
  private undrawn: Plan | null = null;
  private ready = false;

  constructor(
    private readonly model: OpenModel,
    options: ExplorerOptions,
    private readonly handlers: InterpolationHandlers,
    private readonly signal: AbortSignal,
  ) {
    const { manifest } = model;
    const { history, underway } = this;
    const service = (this.service = options.service ? new Service(absoluteUrl(options.modelUrl)) : null);
    this.loop = new FrameLoop(() => this.frame(), signal);
    this.troubles = new Troubles((words) => this.keeping.say(words), (error) => handlers.onError(error));
    this.layout = new PathLayout(manifest, { onHidden: (hidden) => history.commit({ hidden }), requestFrame: () => this.loop.request(), onError: (error) => this.troubles.aside(error) }, signal);
    this.reports = new Reports({
      onScene: (report) => handlers.onScene(report),
      onKept: (report, scene) => handlers.dispatch("explorer:scene", { ...report, scene }),
    });
    const { map, announcer } = this.layout;
    this.film = new Film(
      {
        model,
        history,
        service,
        films: options.standalone?.films ?? null,
        map: map.surface,
        underway,
        enough: (shape) => this.stops.enough(shape),
        relay: () => this.stops.hand.again() || this.lay(null),
        onFree: () => this.stops.hand.follow(),
        onArrival: (arrived, plan) => this.arrive(arrived, plan),
        onRest: (plan, changes) => this.reports.scene(history.state, plan, changes, this.look!.classColors, this.keeping.encoded),
        onFrame: () => this.keeping.soon(),
        held: () => this.stops.hand.held?.index ?? null,
        troubles: this.troubles,
      },
      signal,
    );
    this.stops = new Stops(
      {
        model,
        map,
        history,
        underway,
        announcer,
        onTake: () => this.film.player.stop(),
        requestFrame: () => this.loop.request(),
        busy: () => this.film.frames.busy,
        onLay: (held, pointerTime) => this.lay(held, pointerTime),
        onPin: () => this.keeping.pin(),
        pins: () => this.keeping.pins(),
        onError: (error) => this.troubles.aside(error),
      },
      signal,
    );
    this.keeping = new Keeping(
      manifest,
      options.name,
      {
        undo: () => history.undo(),
        redo: () => history.redo(),
        scene: () => this.scene,
        isPlaying: () => this.film.player.isPlaying,
        latent: () => this.film.latent,
        onPins: () => this.stops.picker.showPins(),
        onKept: (text) => this.reports.kept(text, this.film.frames.plan),
      },
      signal,
      options.standalone?.address,
    );
    history.on(["hidden"], ({ hidden }) => this.layout.setHidden(hidden));
    history.on(["stops", "shape", "mode", "spacing", "frames", "beyond", "side"], () => this.lay(null));
    history.listen(() => {
      this.keeping.setSteps(history.canUndo, history.canRedo);
      this.keeping.soon();
    });
    const { film, stops, keeping } = this;
    const between = [film.settings.root, film.geodesics.root, film.sheet.root, film.takeAway.root];
    this.root = this.layout.furnish({ player: film.player.root, between, stops: [keeping.root, stops.list.root], picker: stops.picker.root });
    listenToUndo(() => history.undo(), () => history.redo(), signal);
    takePictures(this.root, (file) => void stops.takePicture(file), signal);
  }

  setTheme(theme: Theme): void {
    this.layout.setTheme(theme);
  }

  /** Draws the map, lays the first path, then fetches what could wait. */
  async open(): Promise<void> {
    const { model, signal, history } = this;
    model.local.preload();
    const data = await model.data();
    if (signal.aborted) return;
    const look = (this.look = this.layout.showPoints(data));
    const maker = new StopMaker(data, look, this.layout.map);
    this.stops.begin(maker);
    const kept = this.keeping.restore();
    const choices = kept && { ...kept.choices, stops: kept.choices.stops.map((stop) => maker.restored(stop)) };
    if (kept?.view) this.layout.map.lookAt(kept.view, kept.view.zoom);
    history.amend(choices ?? { stops: maker.first() });
    history.amend({ stops: this.stops.enough(history.state.shape) });
    if (kept) {
      this.stops.choose(kept.chosen);
      this.film.choose(kept.frame);
    }
    await model.local.warm();
    const pictures = model.thumbnails().catch(() => null);
    const engine = await model.background();
    if (signal.aborted) return;
    this.film.frames.useEngine(engine);
    const thumbnails = await pictures;
    if (signal.aborted) return;
    look.open(INITIAL);
    this.stops.open(data, thumbnails);
    model.prior().then((prior) => prior instanceof Flow && !signal.aborted && this.film.useFlow(prior)).catch((error: unknown) => this.troubles.aside(error));
    model.ground().then((ground) => signal.aborted || this.film.judge(ground)).catch((error: unknown) => this.troubles.aside(error));
    if (!thumbnails) this.stops.picker.say("The small pictures could not be loaded; all else goes on without them.");
  }

  close(): void {
    this.film.player.stop();
    this.root.remove();
  }

  /** Everything that a person has arranged; null while there is nothing yet. */
  private get scene(): SharedScene | null {
    if (!this.look || this.history.state.stops.length === 0) return null;
    const { center, zoom } = this.layout.map.view;
    return { choices: this.history.state, frame: this.film.frame, chosen: this.stops.chosen, view: { ...center, zoom } };
  }

  private frame(): void {
    this.stops.hand.follow();
    if (this.undrawn) this.stops.drawPath(this.undrawn);
    this.undrawn = null;
    this.layout.map.paint();
    this.keeping.soon();
  }

  /** Lays the frames anew; the path on the map follows with the next frame of the screen, when they are on their way. */
  private lay(held: Held | null, pointerTime: number | null = null): void {
    const plan = this.look && this.film.lay(held, pointerTime);
    if (!plan) return;
    this.undrawn = plan;
    this.loop.request();
  }

  private arrive(arrived: Arrived, plan: Plan): void {
    const { film, stops, handlers } = this;
    const { held } = stops.hand;
    this.troubles.passed();
    if (!held) film.showFrame();
    else if (arrived.held) {
      film.player.image.show(arrived.held);
      stops.list.showHeld(held.index, arrived.held);
    }
    const { pointerTime } = arrived.wanted;
    handlers.dispatch("explorer:strip", { frames: arrived.tiles.length, total: plan.latents.length, complete: arrived.complete, pointerTime, held: arrived.held !== null });
    if (this.ready || !arrived.complete) return;
    this.ready = true;
    this.service?.prepare(this.signal);
    handlers.onReady();
  }
}
