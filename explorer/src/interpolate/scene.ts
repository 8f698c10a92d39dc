import type { Engine } from "../engine/engine";
import type { EngineLease } from "../engine/engines";
import { leaseEngine } from "../engine/leaseEngine";
import type { Position } from "../map/geometry";
import { listenToUndo } from "../map/keyboard";
import { Legend } from "../map/legend";
import { MapPane } from "../map/map";
import { MapLook } from "../map/mapLook";
import { standardNormal } from "../measure/random";
import { type Manifest, mapBounds } from "../model/manifest";
import type { ModelFiles } from "../model/model";
import { PointData } from "../model/pointData";
import { Thumbnails } from "../model/thumbnails";
import { absoluteUrl, type ExplorerOptions, type SceneReport } from "../options";
import { framed } from "../own/framing";
import { readPicture } from "../own/picture";
import { takePictures } from "../own/takePictures";
import { Announcer } from "../page/announcer";
import { textButton } from "../page/controls";
import { element, setText, wholeNumber } from "../page/dom";
import { Failure } from "../page/failure";
import { toCss } from "../page/palette";
import type { Theme } from "../page/theme";
import { modelOf } from "../probe/placeLink";
import { History } from "../state/history";
import { INITIAL, type Pin } from "../state/state";
import { TrayStorage } from "../tray/storage";
import { MOST_PINS } from "../tray/tray";
import { type ClassMean, classMeans, typicalPoints } from "./classMeans";
import type { Arrived } from "./frameDecoder";
import { Frames, type Held } from "./frames";
import { Geodesics } from "./geodesics";
import { MapStops } from "./mapStops";
import { flat } from "./paths";
import type { Plan } from "./plan";
import { Player } from "./player";
import { saveFrames } from "./saving";
import { decodeScene, encodeScene, PARAMETER } from "./sceneLink";
import { Service } from "./service";
import { Settings } from "./settings";
import { Sheet } from "./sheet";
import { type Choices, CORNERS, INITIAL_CHOICES, letterOf, MOST_STOPS, type Stop } from "./state";
import { StopList } from "./stopList";
import { StopPicker } from "./stopPicker";
import { TakeAway, type TakeAwayWish } from "./takeAway";
import { frameWords } from "./words";

/** Stops that a scene begins with when nothing else is wanted. */
const BEGIN_WITH = 3;
/** Places along the path that are looked up on the map. */
const DRAWN = 24;
/** Beyond this many pixels from any data point a stop is not near one. */
const NEAR = 24;

export interface InterpolationHandlers {
  /** The first frames are on the screen. */
  onReady(): void;
  /** All frames of a new scene are there. */
  onScene(report: SceneReport): void;
  onError(error: unknown): void;
  dispatch(name: "explorer:strip", detail: object): void;
}

/** What is there once the map's arrays have arrived. */
interface Opened {
  readonly data: PointData;
  readonly look: MapLook;
  readonly means: readonly ClassMean[];
}

/** A stop in the hand: where it began, and where it is wanted. */
interface Carried {
  readonly index: number;
  readonly from: Stop;
  position: Position;
  pointerTime: number | null;
  latent: Float32Array;
}

/** Stops on the map, and all that lies between them: the page of paths. */
export class InterpolationScene {
  readonly root: HTMLElement;
  private readonly manifest: Manifest;
  private readonly history = new History<Choices>(INITIAL_CHOICES, (choices, before) => this.apply(choices, before));
  private readonly lease: EngineLease;
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
  private readonly storage: TrayStorage;
  private readonly announcer: Announcer;
  private readonly notice = element("span", { class: "notice", role: "status" });
  private opened: Opened | null = null;
  private theme: Theme = { dark: false };
  private frame = 0;
  private chosen = 0;
  private carried: Carried | null = null;
  private placing = false;
  private unplaced = false;
  private frameRequested = false;
  private ready = false;

  constructor(
    private readonly files: ModelFiles,
    private readonly options: ExplorerOptions,
    private readonly handlers: InterpolationHandlers,
    private readonly signal: AbortSignal,
  ) {
    const { manifest } = files;
    const { image_size, channels, latent_dim } = manifest.model;
    this.manifest = manifest;
    this.lease = leaseEngine(files, options);
    this.service = options.service ? new Service(absoluteUrl(options.modelUrl)) : null;
    this.storage = new TrayStorage(manifest.name, manifest.files.decoder.path, latent_dim);
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
        onCarry: (index, position, time) => this.carry(index, position, time),
        onDrop: (index, cancelled) => void this.drop(index, cancelled),
        onChoose: (index) => this.choose(index),
        onPoint: (index, point) => this.putOnPoint(index, point),
        onPin: () => this.pinFrame(),
      },
      signal,
    );
    const decode = (latent: Float32Array): Promise<Float32Array> => this.lease.local.reconstruct(latent);
    this.frames = new Frames(
      latent_dim,
      { live: this.lease.local, background: () => this.background() },
      {
        onArrival: (arrived, plan) => this.arrive(arrived, plan),
        onRest: (plan, changes) => this.report(plan, changes),
        onError: (error) => handlers.onError(error),
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
    this.settings = new Settings((change, ended) => this.change(change, ended));
    this.list = new StopList(image_size, channels, {
      onChange: (stops) => this.history.commit({ stops }),
      onChoose: (index) => this.choose(index),
      decode,
    });
    this.picker = new StopPicker(manifest, {
      add: (latent, name, point) => void this.add(latent, name, point),
      decode,
      takePicture: (file) => void this.takePicture(file),
      standardNormal,
      pins: () => this.storage.read(),
    });
    this.geodesics = new Geodesics(this.service, { onFound: () => this.lay(null), onCancel: () => this.history.commit({ mode: "line" }) }, signal);
    this.takeAway = new TakeAway(this.service !== null, (wish, onStep, abort) => this.save(wish, onStep, abort), signal);
    const adding = element("details", { class: "adding" }, element("summary", {}, "Add a stop"), this.picker.root);
    const head = element(
      "div",
      { class: "tray-head" },
      element("h3", {}, "Stops"),
      this.notice,
      element(
        "span",
        { class: "actions" },
        textButton("Undo", "Take the last step back (Ctrl+Z)", () => this.history.undo()),
        textButton("Redo", "Take it again (Ctrl+Shift+Z)", () => this.history.redo()),
        textButton("Pin frame", "Keep the current frame in the tray (P)", () => this.pinFrame()),
        textButton("Copy link", "An address that opens this scene", () => void this.copyLink()),
      ),
    );
    this.root = element(
      "div",
      { class: "interpolation" },
      element("div", { class: "main" }, this.map.root, element("div", { class: "below" }, this.legend.root)),
      this.player.root,
      element("section", { class: "between", "aria-label": "Film" }, this.settings.root, this.geodesics.root, this.sheet.root, this.takeAway.root),
      element("section", { class: "tray", "aria-label": "Stops of the path" }, head, this.list.root, adding),
      this.announcer.root,
    );
    listenToUndo(() => this.history.undo(), () => this.history.redo(), signal);
    this.listenToKeys();
    takePictures(this.root, (file) => void this.takePicture(file), signal);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.opened?.look.setTheme(theme, { ...INITIAL, hidden: this.history.state.hidden });
  }

  /** Draws the map, lays the first path, then fetches what could wait. */
  async open(): Promise<void> {
    const [arrays, latents] = await Promise.all([this.files.mapData(), this.files.latents()]);
    if (this.signal.aborted) return;
    const data = new PointData(this.files, arrays.points, arrays.labels, latents);
    const look = new MapLook(this.manifest, data, this.map, this.legend, {
      images: () => Promise.resolve(null),
      onError: (error) => this.handlers.onError(error),
    });
    this.opened = { data, look, means: classMeans(data) };
    this.setTheme(this.theme);
    const linked = new URLSearchParams(location.search).get(PARAMETER);
    const { latent_dim } = this.manifest.model;
    const shared = [this.options.scene, linked].map((text) => text && decodeScene(text, modelOf(this.manifest), latent_dim)).find((scene) => scene);
    this.frame = shared ? shared.frame : 0;
    this.history.amend(shared ? shared.choices : { stops: this.firstStops() });
    await this.lease.local.warm();
    const engine = await this.background();
    if (this.signal.aborted) return;
    this.frames.useEngine(engine);
    const bitmap = await this.files.thumbnails();
    if (this.signal.aborted) return bitmap.close();
    this.signal.addEventListener("abort", () => bitmap.close(), { once: true });
    look.open(INITIAL);
    this.picker.open(data, new Thumbnails(bitmap, this.manifest.files.thumbnails), this.opened.means);
  }

  close(failed: boolean): void {
    this.player.stop();
    this.lease.close(failed);
    this.root.remove();
  }

  private background(): Promise<Engine> {
    return this.lease.background(absoluteUrl(this.options.assetsUrl + this.options.files.worker));
  }

  /** Typical images of a few classes. */
  private firstStops(): Stop[] {
    const { data, means } = this.opened!;
    return typicalPoints(means, data.count, BEGIN_WITH).map((point) => this.stopOnPoint(point));
  }

  private stopOnPoint(point: number): Stop {
    const { data, look } = this.opened!;
    return { id: crypto.randomUUID(), name: look.className(point), latent: data.halves.row(point), position: this.map.positionOf(point) };
  }

  private apply(choices: Choices, before: Choices): void {
    if (choices.stops !== before.stops) this.chosen = Math.min(this.chosen, Math.max(0, choices.stops.length - 1));
    this.settings.show(choices);
    this.player.show(choices.repeat, choices.speed, this.count);
    this.takeAway.show(choices.shape, choices.frames);
    this.list.show(choices.stops, this.chosen);
    this.mapStops.show(choices.stops, this.chosen);
    if (choices.hidden !== before.hidden) this.opened?.look.apply({ ...INITIAL, hidden: choices.hidden }, { ...INITIAL, hidden: before.hidden });
    const laid = ["stops", "shape", "mode", "spacing", "frames", "beyond", "side"] as const;
    if (laid.some((name) => choices[name] !== before[name])) this.lay(null);
  }

  /** A change of the settings; a grid needs its four corners. */
  private change(change: Partial<Choices>, ended: boolean): void {
    const { stops } = this.history.state;
    const corners = change.shape === "grid" && stops.length < CORNERS ? { stops: [...stops, ...this.moreStops(CORNERS - stops.length)] } : {};
    if (ended) this.history.commit({ ...change, ...corners });
    else this.history.amend(change);
  }

  private moreStops(count: number): Stop[] {
    const { means, data } = this.opened!;
    const taken = new Set(this.history.state.stops.map(({ latent }) => latent.join()));
    const candidates = [...typicalPoints(means, data.count, MOST_STOPS), ...means.map(({ typical }) => typical), 0, Math.floor(data.count / 3), Math.floor(data.count / 2)];
    const fresh = [...new Set(candidates)].filter((point) => !taken.has(data.halves.row(point).join()));
    return fresh.slice(0, count).map((point) => this.stopOnPoint(point));
  }

  /** How many frames the sheet has. */
  private get count(): number {
    const { shape, frames, side } = this.history.state;
    return shape === "grid" ? side * side : frames;
  }

  /** Lays the frames anew: for a stop in the hand, or at rest. */
  private lay(held: Held | null, pointerTime: number | null = null): void {
    const { state } = this.history;
    if (!this.opened || state.stops.length < 2) return;
    const stops = state.stops.map(({ latent }) => latent);
    const geodesic = state.mode === "geodesic" && state.shape === "path";
    this.frames.lay(state, geodesic && !held ? this.geodesics.known(stops) : null, held, pointerTime);
    if (geodesic && !held) void this.geodesics.need(stops);
    else this.geodesics.rest(geodesic);
    void this.drawPath(held);
    this.goToFrame(Math.min(this.frame, this.count - 1), this.player.isPlaying);
  }

  /** Shows where on the map the path goes: what is straight in latent space need not be so there. */
  private async drawPath(held: Held | null): Promise<void> {
    const plan = this.frames.plan!;
    const stops = this.history.state.stops.map(({ position }, index) => (index === held?.index ? this.carried!.position : position));
    if (plan.rows > 1) {
      this.mapStops.showPath([stops[0]!, stops[1]!, stops[3]!, stops[2]!], true);
      return;
    }
    const step = Math.max(1, (plan.latents.length - 1) / (DRAWN - 1));
    const drawn = Array.from({ length: Math.min(DRAWN, plan.latents.length) }, (_, index) => Math.round(index * step));
    const found = await this.lease.local.positionsOf(flat(drawn.map((frame) => plan.latents[frame]!)));
    if (this.signal.aborted || plan !== this.frames.plan) return;
    const between = drawn.map((frame, index) => ({ t: plan.parameters[frame]!, position: { x: found[2 * index]!, y: found[2 * index + 1]! } }));
    const onStops = stops.map((position, t) => ({ t, position }));
    const path = [...onStops, ...between.filter(({ t }) => !onStops.some((stop) => Math.abs(stop.t - t) < 1e-6))];
    this.mapStops.showPath(path.sort((a, b) => a.t - b.t).map(({ position }) => position), false);
  }

  private arrive(arrived: Arrived, plan: Plan): void {
    this.sheet.take(arrived);
    if (arrived.held && this.carried) {
      this.player.image.show(arrived.held);
      this.list.showHeld(this.carried.index, arrived.held);
    } else if (!this.carried) this.showFrame();
    if (this.unplaced) void this.place();
    const { pointerTime } = arrived.wanted;
    this.handlers.dispatch("explorer:strip", { frames: arrived.tiles.length, total: plan.latents.length, complete: arrived.complete, pointerTime, held: arrived.held !== null });
    if (this.ready || !arrived.complete) return;
    this.ready = true;
    this.handlers.onReady();
  }

  private report(plan: Plan, changes: SceneReport["changes"]): void {
    const { stops, shape, mode } = this.history.state;
    this.handlers.onScene({
      scene: this.encoded(),
      shape,
      mode,
      latents: plan.latents.map((latent) => [...latent]),
      parameters: plan.parameters,
      stops: stops.map(({ name }, index) => `${letterOf(index)} · ${name}`),
      changes,
      colors: this.opened!.look.classColors.map(toCss),
    });
  }

  /** @param playing the player goes on; otherwise a hand has chosen, and it stops */
  private goToFrame(frame: number, playing = false): void {
    if (!playing) this.player.stop();
    this.frame = frame;
    this.showFrame();
  }

  private showFrame(): void {
    const plan = this.frames.plan;
    if (!plan) return;
    const image = this.sheet.frames[this.frame];
    if (image) this.player.image.show(image);
    const words = frameWords(this.frame, plan, this.history.state.stops);
    this.player.setFrame(this.frame, words);
    this.sheet.choose(this.frame, words);
  }

  private requestFrame(): void {
    if (this.frameRequested) return;
    this.frameRequested = true;
    requestAnimationFrame(() => {
      this.frameRequested = false;
      if (this.signal.aborted) return;
      this.map.paint();
      if (this.unplaced) void this.place();
    });
  }

  private choose(index: number): void {
    this.chosen = index;
    this.list.show(this.history.state.stops, index);
    this.mapStops.show(this.history.state.stops, index);
    this.announcer.say(`Stop ${letterOf(index)}, ${this.history.state.stops[index]?.name ?? ""}`);
  }

  private carry(index: number, position: Position, pointerTime: number | null): void {
    const from = this.history.state.stops[index]!;
    if (this.carried?.index !== index) {
      this.player.stop();
      this.carried = { index, from, position, pointerTime, latent: from.latent };
    }
    Object.assign(this.carried!, { position, pointerTime });
    this.unplaced = true;
    this.requestFrame();
  }

  /** Finds the latent of where the hand is, and lays the frames through it. */
  private async place(): Promise<void> {
    const { carried } = this;
    // While images are being decoded the hand moves on: its newest place is asked for when they have arrived.
    if (this.placing || !carried || this.frames.busy) return;
    this.placing = true;
    this.unplaced = false;
    try {
      const { from, position, pointerTime, index } = carried;
      const latent = await this.lease.local.latentNear(position, from);
      if (this.carried !== carried) return;
      carried.latent = latent;
      this.lay({ index, latent }, pointerTime);
    } catch (error) {
      this.handlers.onError(error);
    } finally {
      this.placing = false;
      if (this.unplaced) this.requestFrame();
    }
  }

  /** The hand has let go: the stop is where it is now, or back where it was. */
  private async drop(index: number, cancelled: boolean): Promise<void> {
    const { carried } = this;
    if (carried?.index !== index) return;
    this.carried = null;
    this.unplaced = false;
    const { from, position } = carried;
    const { stops } = this.history.state;
    if (cancelled) {
      this.mapStops.show(stops, this.chosen);
      this.list.showHeld(index, await this.lease.local.reconstruct(from.latent));
      this.lay(null);
      return;
    }
    const latent = await this.lease.local.latentNear(position, from);
    const near = this.map.nearestPoint(position);
    const name = near && near.pixels <= NEAR ? `near ${this.opened!.look.className(near.point)}` : "between the data";
    this.history.commit({ stops: stops.with(index, { ...from, name, latent, position }) });
  }

  private putOnPoint(index: number, point: number): void {
    const { stops } = this.history.state;
    this.history.commit({ stops: stops.with(index, { ...this.stopOnPoint(point), id: stops[index]!.id }) });
  }

  private async add(latent: Float32Array, name: string, point: number | null): Promise<void> {
    const position = point === null ? await this.lease.local.positionOf(latent) : this.map.positionOf(point);
    const { stops } = this.history.state;
    if (stops.length >= MOST_STOPS) {
      this.picker.say(`A path has at most ${MOST_STOPS} stops: remove one first.`);
      return;
    }
    this.picker.say("");
    this.chosen = stops.length;
    this.history.commit({ stops: [...stops, { id: crypto.randomUUID(), name, latent: latent.slice(), position }] });
  }

  private async takePicture(file: File): Promise<void> {
    const { image_size: size, channels } = this.manifest.model;
    const { framing, background } = this.manifest.data;
    try {
      const input = framed(await readPicture(file), { size, channels, framing, background });
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

  private pinFrame(): void {
    const latent = this.frames.plan?.latents[this.frame];
    if (!latent) return;
    const pins = this.storage.read();
    if (pins.length >= MOST_PINS) {
      this.say(`The tray is full (${MOST_PINS}): remove a pin on the Explore page first.`);
      return;
    }
    const pin: Pin = { id: crypto.randomUUID(), name: `frame ${this.frame + 1}`, latent: latent.slice() };
    this.say(this.storage.write([...pins, pin]) ? "Pinned to the tray" : "This browser keeps nothing: it could not be pinned.");
    this.picker.showPins();
  }

  private say(words: string): void {
    setText(this.notice, words);
  }

  private encoded(): string {
    return encodeScene(modelOf(this.manifest), { choices: this.history.state, frame: this.frame });
  }

  private async copyLink(): Promise<void> {
    const url = new URL(location.href);
    if (!url.searchParams.has("model")) url.searchParams.set("model", this.manifest.name);
    url.searchParams.set(PARAMETER, this.encoded());
    try {
      await navigator.clipboard.writeText(url.href);
      this.say("Link copied");
    } catch {
      // Without a secure address there is no clipboard: the page's own address shows the link instead.
      window.history.replaceState(window.history.state, "", url.href);
      this.say("The link is in the address bar");
    }
  }

  private save({ frames, ...wish }: TakeAwayWish, onStep: Parameters<Service["film"]>[1], abort: AbortSignal): Promise<void> {
    const { shape, repeat, speed } = this.history.state;
    const plan = shape === "path" ? this.frames.planned(frames) : this.frames.plan!;
    return saveFrames({ ...wish, plan, repeat, speed, manifest: this.manifest, service: this.service, engine: () => this.background(), onStep, abort });
  }

  /** Space plays, F fills the screen; wherever the focus is but on what has its own use for the key. */
  private listenToKeys(): void {
    document.addEventListener(
      "keydown",
      (event) => {
        const target = event.composedPath()[0];
        const busy = target instanceof HTMLElement && target.matches("input, select, textarea, button, summary, a, [contenteditable]");
        if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === " ") this.player.toggle();
        else if (event.key.toLowerCase() === "f") this.player.fillScreen();
        else return;
        event.preventDefault();
      },
      { signal: this.signal },
    );
  }
}
