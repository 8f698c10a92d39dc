import type { Engine } from "../engine/engine";
import { listenToUndo } from "../map/keyboard";
import { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { MapLook } from "../map/mapLook";
import { standardNormal } from "../base/random";
import { type Manifest, mapBounds } from "../model/manifest";
import type { OpenModel } from "../opened/openModel";
import { absoluteUrl, type ExplorerOptions, type SceneReport } from "../options";
import { framed, frameOf } from "../own/framing";
import { readPicture } from "../own/picture";
import { takePictures } from "../own/takePictures";
import { Announcer } from "../page/announcer";
import { element, wholeNumber } from "../page/dom";
import { Failure } from "../base/failure";
import { newId } from "../page/ids";
import { Underway } from "../base/underway";
import { toCss } from "../page/palette";
import type { Theme } from "../page/theme";
import { Troubles } from "../page/troubles";
import { History } from "../state/history";
import { INITIAL } from "../state/state";
import type { Arrived } from "./frameDecoder";
import { Frames, type Held } from "./frames";
import { Geodesics } from "./geodesics";
import { Hand } from "./hand";
import { Keeping } from "./keeping";
import { MapStops } from "./mapStops";
import { flat } from "./paths";
import type { Plan } from "./plan";
import { Player } from "./player";
import { saveFrames } from "./saving";
import { Service } from "./service";
import { Settings } from "./settings";
import { Sheet } from "./sheet";
import { type Choices, fewestStops, INITIAL_CHOICES, letterOf, MOST_STOPS, type Shape, type Stop } from "./state";
import { StopList } from "./stopList";
import { StopMaker } from "./stopMaker";
import { StopPicker } from "./stopPicker";
import { TakeAway, type TakeAwayWish } from "./takeAway";
import { frameWords, heldWords } from "./words";

/** Places along the path that are looked up on the map. */
const DRAWN = 24;
/** A scene that stays as it is for this long, in milliseconds, is told to the host. */
const KEEP = 60;

export interface InterpolationHandlers {
  /** The first frames are on the screen. */
  onReady(): void;
  /** The scene is another, or another frame of it is on show. */
  onKeep(scene: string): void;
  /** All frames of a new scene are there, or something else of it has changed. */
  onScene(report: SceneReport): void;
  onError(error: unknown): void;
  dispatch(name: "explorer:strip", detail: object): void;
}

/** What is there once the map's arrays have arrived. */
interface Opened {
  readonly look: MapLook;
  readonly maker: StopMaker;
}

/** Stops on the map, and all that lies between them: the page of paths. */
export class InterpolationScene {
  readonly root: HTMLElement;
  private readonly manifest: Manifest;
  private readonly history = new History<Choices>(INITIAL_CHOICES, (choices, before) => this.apply(choices, before));
  /** What a hand is about, on the map or at a handle. */
  private readonly underway = new Underway();
  private readonly map: MapPane;
  private readonly legend: Legend;
  private readonly mapStops: MapStops;
  private readonly frames: Frames;
  private readonly sheet: Sheet;
  private readonly player: Player;
  private readonly settings: Settings;
  private readonly list: StopList;
  private readonly picker: StopPicker;
  private readonly geodesics: Geodesics;
  private readonly takeAway: TakeAway;
  private readonly service: Service | null;
  private readonly keeping: Keeping;
  private readonly hand: Hand;
  private readonly announcer: Announcer;
  private readonly troubles: Troubles;
  private opened: Opened | null = null;
  private theme: Theme = { dark: false };
  private frame = 0;
  private chosen = 0;
  private frameRequested = false;
  private keepTimer = 0;
  private kept = "";
  private reported: SceneReport | null = null;
  private reportedPlan: Plan | null = null;
  private ready = false;

  constructor(
    private readonly model: OpenModel,
    private readonly options: ExplorerOptions,
    private readonly handlers: InterpolationHandlers,
    private readonly signal: AbortSignal,
  ) {
    const { manifest } = model;
    const { image_size, channels, latent_dim } = manifest.model;
    this.manifest = manifest;
    this.service = options.service ? new Service(absoluteUrl(options.modelUrl)) : null;
    this.keeping = new Keeping(manifest, {
      undo: () => this.travel("undo"),
      redo: () => this.travel("redo"),
      scene: () => ({ choices: this.history.state, frame: this.frame }),
      latent: () => this.frames.plan?.latents[this.frame] ?? null,
      onPins: () => this.picker.showPins(),
    }, signal);
    this.hand = new Hand(this.model.local, {
      onTake: () => this.player.stop(),
      requestFrame: () => this.requestFrame(),
      busy: () => this.frames.busy,
      onMove: (held, pointerTime) => this.lay(held, pointerTime),
      onError: (error) => this.troubles.aside(error),
    });
    this.troubles = new Troubles((words) => this.keeping.say(words), (error) => handlers.onError(error));
    this.announcer = new Announcer(signal);
    this.map = new MapPane(
      mapBounds(manifest),
      {
        label: `Map of ${wholeNumber(manifest.map.count)} images with the stops of the path. Arrow keys move the chosen stop, plus and minus zoom, zero fits the whole map, P pins the frame.`,
        hint: "Drag a letter: every frame follows",
        shortcuts: "P",
      },
      () => this.requestFrame(),
      signal,
    );
    this.legend = new Legend(manifest, (hidden) => this.history.commit({ hidden }));
    this.mapStops = new MapStops(
      this.map,
      {
        onCarry: (index, position, time) => this.hand.carry(index, this.history.state.stops[index]!, position, time),
        onDrop: () => this.drop().catch((error: unknown) => this.troubles.aside(error)),
        onCancel: () => this.putBack(),
        onChoose: (index) => this.choose(index),
        onPoint: (index, point) => this.putOnPoint(index, point),
        onPin: () => this.keeping.pin(),
      },
      this.underway,
      signal,
    );
    const aside = (error: unknown): void => this.troubles.aside(error);
    const decode = (latent: Float32Array, show: (image: Float32Array) => void): void =>
      void this.model.local.reconstruct(latent).then(show).catch(aside);
    this.frames = new Frames(
      latent_dim,
      { live: this.model.local, background: () => this.background() },
      {
        onArrival: (arrived, plan) => this.arrive(arrived, plan),
        onRest: (plan, changes) => this.report(plan, changes),
        onError: (error) => this.troubles.failed(error) && this.lay(null),
        onNoFigures: (error) => this.troubles.aside(error),
      },
      signal,
    );
    this.sheet = new Sheet(image_size, channels, { onChoose: (tile) => this.goToFrame(tile) }, signal);
    this.player = new Player(
      image_size,
      channels,
      {
        onFrame: (frame) => this.goToFrame(frame, true),
        onRepeat: (repeat) => this.history.commit({ repeat }),
        onSpeed: (speed) => this.history.commit({ speed }),
        onPlay: () => this.player.toggle(),
      },
      signal,
    );
    this.settings = new Settings(
      {
        onChange: (change) => this.change(change),
        preview: (change) => this.history.preview(change),
        commit: () => this.history.keep(),
        cancel: () => this.history.revert(),
      },
      this.underway,
    );
    this.list = new StopList(image_size, channels, {
      onChange: (stops) => this.history.commit({ stops }),
      onChoose: (index) => this.choose(index),
      decode,
    });
    this.picker = new StopPicker(manifest, {
      add: (latent, name, point) => this.add(latent, name, point).catch(aside),
      decode,
      usePins: () => this.usePins().catch(aside),
      takePicture: (file) => void this.takePicture(file),
      standardNormal,
      pins: () => this.keeping.pins(),
    });
    this.geodesics = new Geodesics(this.service, { onFound: () => this.lay(null), onCancel: () => this.history.commit({ mode: "line" }), heir: () => this.settings.chosenMode }, signal);
    this.takeAway = new TakeAway(this.service !== null, (wish, onStep, abort) => this.save(wish, onStep, abort), signal);
    const adding = element("details", { class: "adding" }, element("summary", {}, "Add a stop"), this.picker.root);
    this.root = element(
      "div",
      { class: "interpolation" },
      element("div", { class: "main" }, this.map.root, element("div", { class: "below" }, this.legend.root)),
      this.player.root,
      element("section", { class: "between", "aria-label": "Film" }, this.settings.root, this.geodesics.root, this.sheet.root, this.takeAway.root),
      element("section", { class: "tray", "aria-label": "Stops of the path" }, this.keeping.root, this.list.root, adding),
      this.announcer.root,
    );
    this.map.endHintWithUse(this.root);
    listenToUndo(() => this.travel("undo"), () => this.travel("redo"), signal);
    this.player.listenToKeys(this.map.surface, this.sheet.root);
    takePictures(this.root, (file) => void this.takePicture(file), signal);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.opened?.look.setTheme(theme, { ...INITIAL, hidden: this.history.state.hidden });
  }

  /** Draws the map, lays the first path, then fetches what could wait. */
  async open(): Promise<void> {
    this.model.local.preload();
    const data = await this.model.data();
    if (this.signal.aborted) return;
    const look = new MapLook(this.manifest, data, this.map, this.legend, {
      images: () => Promise.resolve(null),
      onError: (error) => this.troubles.aside(error),
    });
    const maker = new StopMaker(data, look, this.map);
    this.opened = { look, maker };
    this.setTheme(this.theme);
    const shared = this.keeping.opened(this.options.scene);
    this.frame = shared?.frame ?? 0;
    this.history.amend(shared?.choices ?? { stops: maker.first() });
    this.history.amend({ stops: this.enoughStops(this.history.state.shape) });
    await this.model.local.warm();
    const engine = await this.background();
    if (this.signal.aborted) return;
    this.frames.useEngine(engine);
    const thumbnails = await this.model.thumbnails();
    if (this.signal.aborted) return;
    look.open(INITIAL);
    this.picker.open(data, thumbnails, maker.means);
  }

  close(): void {
    this.player.stop();
    this.root.remove();
  }

  private background(): Promise<Engine> {
    return this.model.background();
  }

  private apply(choices: Choices, before: Choices): void {
    // A hand holds a stop by its place in the list.
    if (choices.stops.map(({ id }) => id).join() !== before.stops.map(({ id }) => id).join()) this.underway.cancel();
    if (choices.stops !== before.stops) this.chosen = Math.min(this.chosen, Math.max(0, choices.stops.length - 1));
    this.settings.show(choices);
    this.player.show(choices.repeat, choices.speed, this.count);
    this.takeAway.show(choices.shape, choices.frames);
    this.list.show(choices.stops, this.chosen, fewestStops(choices.shape));
    this.mapStops.show(choices.stops, this.chosen);
    if (choices.hidden !== before.hidden) this.opened?.look.apply({ ...INITIAL, hidden: choices.hidden }, { ...INITIAL, hidden: before.hidden });
    const laid = ["stops", "shape", "mode", "spacing", "frames", "beyond", "side"] as const;
    if (laid.some((name) => choices[name] !== before[name])) this.lay(null);
    this.keepSoon();
  }

  /** A change of the settings; a grid needs its four corners. */
  private change(change: Partial<Choices>): void {
    this.history.commit({ ...change, stops: this.enoughStops(change.shape ?? this.history.state.shape) });
  }

  /** What is still in the hand is no step yet: it goes back before any step does. */
  private travel(way: "undo" | "redo"): void {
    this.underway.cancel();
    this.history[way]();
  }

  /** The stops, with further ones where the shape needs more; before the data are here there are none. */
  private enoughStops(shape: Shape): readonly Stop[] {
    const { stops } = this.history.state;
    const missing = fewestStops(shape) - stops.length;
    return this.opened && missing > 0 ? [...stops, ...this.opened.maker.more(stops, missing)] : stops;
  }

  /** How many frames the sheet has. */
  private get count(): number {
    const { shape, frames, side } = this.history.state;
    return shape === "grid" ? side * side : frames;
  }

  /** Lays the frames anew: for a stop in the hand, or at rest. */
  private lay(held: Held | null, pointerTime: number | null = null): void {
    const { state } = this.history;
    if (!this.opened || state.stops.length < fewestStops(state.shape)) return;
    const stops = state.stops.map(({ latent }) => latent);
    const geodesic = state.mode === "geodesic" && state.shape === "path";
    this.frames.lay(state, geodesic && !held ? this.geodesics.known(stops) : null, held, pointerTime);
    if (geodesic && !held) void this.geodesics.need(stops);
    else this.geodesics.rest(geodesic);
    this.drawPath(held).catch((error: unknown) => this.troubles.aside(error));
    this.goToFrame(Math.min(this.frame, this.count - 1), this.player.isPlaying);
  }

  /** Shows where on the map the path goes: what is straight in latent space need not be so there. */
  private async drawPath(held: Held | null): Promise<void> {
    const plan = this.frames.plan!;
    const stops = this.history.state.stops.map(({ position }, index) => (index === held?.index ? (this.hand.held?.position ?? position) : position));
    if (plan.rows > 1) {
      this.mapStops.showPath([stops[0]!, stops[1]!, stops[3]!, stops[2]!], true);
      return;
    }
    const step = Math.max(1, (plan.latents.length - 1) / (DRAWN - 1));
    const drawn = Array.from({ length: Math.min(DRAWN, plan.latents.length) }, (_, index) => Math.round(index * step));
    const found = await this.model.local.positionsOf(flat(drawn.map((frame) => plan.latents[frame]!)));
    if (this.signal.aborted || plan !== this.frames.plan) return;
    const between = drawn.map((frame, index) => ({ t: plan.parameters[frame]!, position: { x: found[2 * index]!, y: found[2 * index + 1]! } }));
    const onStops = stops.map((position, t) => ({ t, position }));
    const path = [...onStops, ...between.filter(({ t }) => !onStops.some((stop) => Math.abs(stop.t - t) < 1e-6))];
    this.mapStops.showPath(path.sort((a, b) => a.t - b.t).map(({ position }) => position), false);
  }

  private arrive(arrived: Arrived, plan: Plan): void {
    this.troubles.passed();
    this.sheet.take(arrived);
    const { held } = this.hand;
    if (!held) this.showFrame();
    else if (arrived.held) {
      this.player.image.show(arrived.held);
      this.list.showHeld(held.index, arrived.held);
    }
    this.hand.follow();
    const { pointerTime } = arrived.wanted;
    this.handlers.dispatch("explorer:strip", { frames: arrived.tiles.length, total: plan.latents.length, complete: arrived.complete, pointerTime, held: arrived.held !== null });
    if (this.ready || !arrived.complete) return;
    this.ready = true;
    this.handlers.onReady();
  }

  private report(plan: Plan, changes: SceneReport["changes"]): void {
    const { stops, shape, mode } = this.history.state;
    this.reportedPlan = plan;
    this.reported = {
      scene: this.keeping.encoded,
      shape,
      mode,
      latents: plan.latents.map((latent) => [...latent]),
      parameters: plan.parameters,
      stops: stops.map(({ name }, index) => `${letterOf(index)} · ${name}`),
      changes,
      colors: this.opened!.look.classColors.map(toCss),
    };
    this.handlers.onScene(this.reported);
  }

  /** Tells of the scene once nothing has changed for a moment, and never of what passes by while it plays. */
  private keepSoon(): void {
    clearTimeout(this.keepTimer);
    this.keepTimer = window.setTimeout(() => {
      if (this.signal.aborted || this.player.isPlaying || this.history.state.stops.length === 0) return;
      const scene = this.keeping.encoded;
      if (scene === this.kept) return;
      this.kept = scene;
      this.handlers.onKeep(scene);
      if (!this.reported || this.reportedPlan !== this.frames.plan) return;
      this.reported = { ...this.reported, scene };
      this.handlers.onScene(this.reported);
    }, KEEP);
  }

  /** @param playing the player goes on; otherwise a hand has chosen, and it stops */
  private goToFrame(frame: number, playing = false): void {
    if (!playing) this.player.stop();
    this.frame = frame;
    this.showFrame();
    if (!playing) this.keepSoon();
  }

  private showFrame(): void {
    const plan = this.frames.plan;
    if (!plan) return;
    const { stops } = this.history.state;
    const { held } = this.hand;
    const image = this.sheet.frames[this.frame];
    if (image && !held) this.player.image.show(image);
    const words = frameWords(this.frame, plan, stops);
    this.player.setFrame(this.frame, held ? heldWords(held.index, stops) : words);
    this.sheet.choose(this.frame, words);
  }

  private requestFrame(): void {
    if (this.frameRequested) return;
    this.frameRequested = true;
    requestAnimationFrame(() => {
      this.frameRequested = false;
      if (this.signal.aborted) return;
      this.map.paint();
      this.hand.follow();
    });
  }

  private choose(index: number): void {
    this.chosen = index;
    const { stops, shape } = this.history.state;
    this.list.show(stops, index, fewestStops(shape));
    this.mapStops.show(stops, index);
    this.announcer.say(`Stop ${letterOf(index)}, ${stops[index]?.name ?? ""}`);
  }

  /** The hand has let go: the stop is where it is now, unless it has been removed since. */
  private async drop(): Promise<void> {
    const dropped = await this.hand.drop();
    const { stops } = this.history.state;
    const index = stops.findIndex(({ id }) => id === dropped?.from.id);
    if (!dropped || index < 0) return;
    const name = this.opened!.maker.nameAt(dropped.stop.position);
    this.history.commit({ stops: stops.with(index, { ...dropped.stop, name }) });
  }

  /** The hand has opened without having decided anything: the stop is where it was. */
  private putBack(): void {
    const index = this.hand.cancel();
    if (index === null) return;
    this.mapStops.show(this.history.state.stops, this.chosen);
    this.list.putBack(index);
    this.lay(null);
  }

  private putOnPoint(index: number, point: number): void {
    const { stops } = this.history.state;
    this.history.commit({ stops: stops.with(index, { ...this.opened!.maker.onPoint(point), id: stops[index]!.id }) });
  }

  private async add(latent: Float32Array, name: string, point: number | null): Promise<void> {
    const position = point === null ? await this.model.local.positionOf(latent) : this.map.positionOf(point);
    const { stops } = this.history.state;
    if (stops.length >= MOST_STOPS) {
      this.picker.say(`A path has at most ${MOST_STOPS} stops: remove one first.`);
      return;
    }
    this.picker.say("");
    this.chosen = stops.length;
    this.history.commit({ stops: [...stops, { id: newId(), name, latent: latent.slice(), position }] });
  }

  private async usePins(): Promise<void> {
    const pins = this.keeping.pins().slice(0, MOST_STOPS);
    const positions = await Promise.all(pins.map(({ latent }) => this.model.local.positionOf(latent)));
    const stops = pins.map(({ name, latent }, index) => ({ id: newId(), name, latent, position: positions[index]! }));
    const { shape } = this.history.state;
    this.history.commit({ stops, shape: stops.length < fewestStops(shape) ? "path" : shape });
  }

  private async takePicture(file: File): Promise<void> {
    try {
      const input = framed(await readPicture(file), frameOf(this.manifest));
      if (!input) {
        this.picker.say("The picture is empty: there is nothing on it but its background.");
        return;
      }
      const { mean } = await (await this.background()).encode(input);
      await this.add(mean, file.name || "pasted", null);
    } catch (error) {
      this.picker.say(Failure.from(error, "The picture cannot be used.").message);
    }
  }

  private save({ frames, ...wish }: TakeAwayWish, onStep: Parameters<Service["film"]>[1], abort: AbortSignal): Promise<string> {
    const { shape, repeat, speed } = this.history.state;
    const plan = shape === "path" ? this.frames.planned(frames) : this.frames.plan!;
    return saveFrames({ ...wish, plan, repeat, speed, manifest: this.manifest, service: this.service, engine: () => this.background(), onStep, abort });
  }
}
