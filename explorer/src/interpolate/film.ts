import { Failure } from "../base/failure";
import type { Underway } from "../base/underway";
import type { Manifest } from "../model/manifest";
import type { OpenModel } from "../opened/openModel";
import type { FilmWriter, SceneReport } from "../options";
import type { Troubles } from "../page/troubles";
import { FAR_IN_LATENT_SPACE, type KnownGround } from "../plane/knownGround";
import type { History } from "../state/history";
import type { Arrived } from "./frameDecoder";
import { Frames, type Held } from "./frames";
import { Geodesics } from "./geodesics";
import type { Space } from "./paths";
import type { Plan } from "./plan";
import { Player } from "./player";
import { saveFrames } from "./saving";
import type { Service } from "./service";
import { Settings } from "./settings";
import { Sheet } from "./sheet";
import { type Choices, fewestStops, isComputed, type Shape, type Stop } from "./state";
import { SERVED, TakeAway, type TakeAwayWish } from "./takeAway";
import { frameWords, heldWords } from "./words";

export interface FilmHost {
  readonly model: OpenModel;
  readonly history: History<Choices>;
  readonly service: Service | null;
  /** What writes films where no server does. */
  readonly films: FilmWriter | null;
  /** The map, where the player's keys work too. */
  readonly map: HTMLElement;
  readonly underway: Underway;
  /** The stops, with further ones where a shape needs more. */
  enough(shape: Shape): readonly Stop[];
  /** The frames are to be laid anew between the same stops: there is another path, or no images of this one. */
  relay(): void;
  /** Nothing is being decoded: the hand's newest place can be. */
  onFree(): void;
  /** Images have arrived: the held stop's own among them, if one is in the hand. */
  onArrival(arrived: Arrived, plan: Plan): void;
  /** All frames are there and nothing moves any more. */
  onRest(plan: Plan, changes: SceneReport["changes"]): void;
  /** A hand has chosen another frame, or its playing has stopped. */
  onFrame(): void;
  /** Which stop is in the hand, whose image is the one to see; null with an empty hand. */
  held(): number | null;
  readonly troubles: Troubles;
}

/** The frames between the stops: laid, decoded, shown beside each other and one at a time, played, and taken away. */
export class Film {
  readonly settings: Settings;
  readonly sheet: Sheet;
  readonly player: Player;
  readonly geodesics: Geodesics;
  readonly takeAway: TakeAway;
  readonly frames: Frames;
  private readonly manifest: Manifest;
  private current = 0;
  /** What tells by a frame's latent whether any data are near. */
  private ground: KnownGround | null = null;

  constructor(
    private readonly host: FilmHost,
    signal: AbortSignal,
  ) {
    const { model, history, service, films } = host;
    const { image_size, channels, latent_dim } = model.manifest.model;
    this.manifest = model.manifest;
    this.frames = new Frames(
      latent_dim,
      { live: model.local, background: () => model.background() },
      {
        onFree: () => host.onFree(),
        onArrival: (arrived, plan) => {
          this.sheet.take(arrived);
          host.onArrival(arrived, plan);
        },
        onRest: (plan, changes) => host.onRest(plan, changes),
        onError: (error) => host.troubles.failed(error) && host.relay(),
        onNoFigures: (error) => host.troubles.aside(error),
      },
      signal,
    );
    this.settings = new Settings(
      {
        // A grid needs its four corners.
        onChange: (change) => history.commit({ ...change, stops: host.enough(change.shape ?? history.state.shape) }),
        preview: (change) => history.preview(change),
        commit: () => history.keep(),
        cancel: () => history.revert(),
      },
      host.underway,
      service !== null,
      model.manifest.prior?.kind === "flow",
    );
    this.sheet = new Sheet(image_size, channels, { onChoose: (tile) => this.choose(tile) }, signal);
    this.player = new Player(
      image_size,
      channels,
      {
        onFrame: (frame) => this.goTo(frame),
        onRepeat: (repeat) => history.commit({ repeat }),
        onSpeed: (speed) => history.commit({ speed }),
        onPlay: () => this.player.toggle(),
        onStop: () => host.onFrame(),
      },
      signal,
    );
    this.geodesics = new Geodesics(service, { onFound: () => host.relay(), onCancel: () => history.commit({ mode: "line" }), heir: () => this.settings.chosenMode }, signal);
    this.takeAway = new TakeAway(service ? SERVED : films, (wish, onStep, abort) => this.save(wish, onStep, abort), signal);
    history.listen((choices) => {
      const { repeat, speed, shape, frames } = choices;
      this.settings.show(choices);
      this.player.show(repeat, speed, this.count);
      this.takeAway.show(shape, frames);
    });
    this.player.listenToKeys(host.map, this.sheet.root);
  }

  /** The frame on show. */
  get frame(): number {
    return this.current;
  }

  get latent(): Float32Array | null {
    return this.frames.plan?.latents[this.current] ?? null;
  }

  /** From here on there are paths straight through a flow's own space. */
  useFlow(flow: Space): void {
    this.frames.useFlow(flow);
    if (this.host.history.state.mode === "flow") this.host.relay();
  }

  /** From here on frames far from any data are called so. */
  judge(ground: KnownGround | null): void {
    this.ground = ground;
    this.showFrame();
  }

  /** Lays the frames anew: for a stop in the hand, or at rest. */
  lay(held: Held | null, pointerTime: number | null = null): Plan | null {
    const { state } = this.host.history;
    if (state.stops.length < fewestStops(state.shape)) return null;
    const stops = state.stops.map(({ latent }) => latent);
    const computed = isComputed(state.mode) && state.shape === "path" ? state.mode : null;
    this.frames.lay(state, held ? {} : this.geodesics.known(stops), held, pointerTime);
    if (computed && !held) this.geodesics.need(computed, stops).catch((error: unknown) => this.host.troubles.aside(error));
    else this.geodesics.rest(computed !== null);
    const frame = Math.min(this.current, this.count - 1);
    if (this.player.isPlaying) this.goTo(frame);
    else this.choose(frame);
    return this.frames.plan;
  }

  /** A hand has chosen: what plays stops. */
  choose(frame: number): void {
    this.player.stop();
    this.goTo(frame);
    this.host.onFrame();
  }

  /** Shows the frame that is chosen, in the picture and in words. */
  showFrame(): void {
    const { plan } = this.frames;
    if (!plan) return;
    const image = this.sheet.frames[this.current];
    const { stops } = this.host.history.state;
    const held = this.host.held();
    if (image && held === null) this.player.image.show(image);
    const words = frameWords(this.current, plan, stops);
    this.player.setFrame(this.current, held === null ? words : heldWords(held, stops));
    // A stop in the hand is on the map, which shows itself where data are.
    this.player.far.show(held === null && this.ground?.isFar(plan.latents[this.current]!) ? FAR_IN_LATENT_SPACE : null);
    this.sheet.choose(this.current, words);
  }

  private goTo(frame: number): void {
    this.current = frame;
    this.showFrame();
  }

  /** How many frames the sheet has. */
  private get count(): number {
    const { shape, frames, side } = this.host.history.state;
    return shape === "grid" ? side * side : frames;
  }

  private save({ frames, ...wish }: TakeAwayWish, onStep: Parameters<Service["film"]>[1], abort: AbortSignal): Promise<string> {
    const { shape, repeat, speed } = this.host.history.state;
    const plan = shape === "path" ? this.frames.planned(frames) : this.frames.plan;
    if (!plan) return Promise.reject(new Failure("There is nothing to save yet.", "The path has no frames.", "Add two stops first."));
    const { model, service, films } = this.host;
    return saveFrames({ ...wish, plan, repeat, speed, manifest: this.manifest, service, films, engine: () => model.background(), onStep, abort });
  }
}
