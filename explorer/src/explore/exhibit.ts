import { standardNormal } from "../base/random";
import { HoverCard } from "../map/hoverCard";
import { NEAR } from "../map/map";
import { MapLook } from "../map/mapLook";
import type { PointData } from "../model/pointData";
import { tellsPosteriors } from "../model/pointWords";
import type { DrawPoint, Thumbnails } from "../model/thumbnails";
import type { Decoding } from "../opened/decoding";
import type { OpenModel } from "../opened/openModel";
import { binarised } from "../own/framing";
import { DiagonalPosterior, type Posterior, posteriorOf } from "../own/posterior";
import type { Rgb, Theme } from "../page/theme";
import type { Troubles } from "../page/troubles";
import { ProbeSession } from "../probe/probeSession";
import type { History } from "../state/history";
import { INITIAL, type ProbeState, sameMethod, type State } from "../state/state";
import type { ExploreLayout } from "./layout";
import { Surroundings } from "./surroundings";
import type { KeptProbe } from "./workspace";

export interface ExhibitHost {
  readonly model: OpenModel;
  readonly decoding: Decoding;
  readonly layout: ExploreLayout;
  readonly history: History<State>;
  readonly signal: AbortSignal;
  requestFrame(): void;
  /** An image is on the screen. */
  onImage(latent: Float32Array): void;
  /** The points lie elsewhere. */
  onLayout(): void;
  /** The classes have other colours on the map and in its legend. */
  onClassColors(colors: readonly Rgb[]): void;
  /** What was wanted is on the screen: an image, or without decoding the map. */
  onShown(): void;
  readonly troubles: Troubles;
  dispatch(name: "explorer:decoded" | "explorer:moved" | "explorer:released", detail: object): void;
}

/** A model's points on the map and the probe among them: what is shown of the state, and every way of moving the probe. */
export class Exhibit {
  readonly session: ProbeSession;
  readonly look: MapLook;
  readonly card: HoverCard;
  readonly surroundings: Surroundings;
  private thumbnails: Thumbnails | null = null;
  /** Pointer time of the newest move, until a frame has shown it. */
  private unpainted: { readonly pointerTime: number | null } | null = null;

  constructor(
    private readonly host: ExhibitHost,
    readonly data: PointData,
    /** The latent whose image is there already, and has been told of. */
    private announced: Float32Array | null,
  ) {
    const { model, decoding, layout, history, signal } = host;
    const { map, panel, neighbours, announcer } = layout;
    const aside = (error: unknown): void => host.troubles.aside(error);
    this.session = new ProbeSession(data.halves, (point) => map.positionOf(point), data.map, decoding.local, {
      onMove: (_probe, pointerTime) => this.follow(pointerTime),
      onDecode: (image, pointerTime) => this.show(image, pointerTime),
      onStep: () => history.commit({ probe: this.probe }),
      onRelease: () => this.released(),
      onError: (error) => host.troubles.failed(error),
    });
    this.look = new MapLook(model.manifest, data, map, layout.legend, {
      images: (latents) => this.images(latents),
      onLayout: () => this.laidOut(),
      onClassColors: (colors) => host.onClassColors(colors),
      onError: aside,
    });
    this.card = new HoverCard(
      model.manifest,
      {
        className: (point) => this.look.className(point),
        color: (point) => this.look.classColor(point),
        place: (point) => map.view.toPlace(map.positionOf(point)),
        reconstruct: (point) => this.session.reconstruct(point),
        onError: aside,
      },
      signal,
    );
    map.root.append(this.card.root);
    this.surroundings = new Surroundings(model.manifest, map, this.look, data, this.session, panel, neighbours, announcer, signal);
    if (this.look.apply(history.state, INITIAL)) this.takeLayout();
  }

  /** Puts the probe where it was kept, else where the model would have it, and shows from now on what changes. */
  begin(kept: KeptProbe | null): void {
    const { history } = this.host;
    if (kept) this.put(kept);
    else this.session.snap(this.host.model.manifest.map.start, null);
    history.amend({ probe: this.probe });
    history.listen((state, before) => {
      if (this.look.apply(state, before)) this.takeLayout();
      else if (state.method !== before.method) this.host.layout.facts.show(state.method, null);
    });
    history.on(["method"], (_state, _before, travelled) => travelled || this.session.relocate());
    history.on(["probe"], (state, _before, travelled) => {
      if (!travelled || !state.probe) return;
      this.put(state.probe);
      this.session.release(false);
    });
    history.listen(() => this.surroundings.describe());
  }

  /** From here on there are the points' pictures, as far as they are wanted. */
  showPictures(thumbnails: Thumbnails): void {
    this.thumbnails = thumbnails;
    const { panel } = this.host.layout;
    const drawPoint: DrawPoint = (point, canvas) => {
      thumbnails.draw(point, canvas).catch(() => panel.say("The small pictures could not be loaded; all else goes on without them."));
    };
    this.card.setPictures(drawPoint);
    this.surroundings.measure(thumbnails, drawPoint);
  }

  /** Shows what lies behind the points, which the first image did not wait for. */
  complete(): void {
    this.look.open(this.host.history.state);
  }

  setTheme(theme: Theme): void {
    this.look.setTheme(theme, this.host.history.state);
    this.surroundings.describe();
  }

  /** The probe as a step and a link know it. */
  get probe(): ProbeState {
    return { ...this.session.state, method: this.host.history.state.method };
  }

  /** Once a frame, after the map has been painted. */
  frame(): void {
    if (!this.host.decoding.on && this.unpainted) {
      this.host.dispatch("explorer:moved", { ...this.session.state, pointerTime: this.unpainted.pointerTime });
      this.host.onShown();
    }
    this.unpainted = null;
    this.session.pump();
  }

  /** @param ended whether the movement is over, which makes it a step that can be taken back */
  goTo(latent: Float32Array, ended = true): void {
    this.session.setLatent(latent);
    if (!ended) return;
    this.host.layout.map.revealProbe();
    this.session.release();
  }

  visit(point: number): void {
    this.session.snap(point, null);
    this.host.layout.map.revealProbe();
    this.session.release();
  }

  /** Sends the probe home; tells whether it was away. */
  goHome(): boolean {
    const { home, probe } = this.session;
    if (home === null || probe.point !== null) return false;
    this.visit(home);
    return true;
  }

  /** What the image under the probe is called in the tray. */
  get name(): string {
    const { point, position } = this.session.probe;
    const near = this.host.layout.map.nearestPoint(position);
    const named = point ?? (near && near.pixels <= NEAR ? near.point : null);
    return named === null ? this.look.between : this.look.className(named);
  }

  /** Draws from the posterior of the data point under the probe. */
  async sample(): Promise<void> {
    const { point } = this.session.probe;
    if (point === null || !tellsPosteriors(this.host.model.manifest)) return;
    const posterior = (await this.storedPosterior(point)) ?? (await this.encodedAnew(point));
    if (posterior) this.goTo(posterior.sample(standardNormal));
    else this.host.layout.panel.say(this.withoutSpread);
  }

  /** The posterior of a point as the map's arrays have it: they hold variances, and no more of a full covariance. */
  private async storedPosterior(point: number): Promise<Posterior | null> {
    if (this.host.model.manifest.model.posterior === "full") return null;
    const logVariances = await this.data.logVariances();
    return logVariances && new DiagonalPosterior(this.data.halves.row(point), logVariances.row(point));
  }

  /** The posterior of a point by its small picture; null where that is smaller than the image was. */
  private async encodedAnew(point: number): Promise<Posterior | null> {
    const { files, model, data } = this.host.model.manifest;
    if (!files.encoder) return null;
    const encoder = await this.host.decoding.background();
    if (!encoder || this.thumbnails?.tile !== model.image_size) return null;
    const picture = await this.thumbnails.read(point, model.channels);
    const encoded = await encoder.encode(data.binarised ? binarised(picture) : picture);
    return posteriorOf({ ...encoded, mean: this.data.halves.row(point) }, model.posterior);
  }

  /** Why no posterior of a point is known. */
  private get withoutSpread(): string {
    const { posterior, image_size } = this.host.model.manifest.model;
    if (posterior === "full" && this.thumbnails && this.thumbnails.tile < image_size) {
      return "Only the whole image tells a full covariance, and the model's files have it in small: there is nothing to draw from.";
    }
    return "The spread of this point's posterior is not among the model's files: make its map anew to draw from it.";
  }

  /** The points have been laid out anew, later than they were asked to be. */
  private laidOut(): void {
    this.takeLayout();
    this.session.relocate();
    this.surroundings.describe();
  }

  /** What stands on the map belongs to the one in use. */
  private takeLayout(): void {
    this.session.useMap(this.look.latentMap);
    this.host.layout.facts.show(this.host.history.state.method, this.look.explained);
    this.host.onLayout();
  }

  private put({ position, latent, point, home, method }: KeptProbe): void {
    if (point !== null) this.session.snap(point, null);
    else if (position && latent && sameMethod(method, this.host.history.state.method)) this.session.restore({ position, latent, point, home });
    else if (latent) this.session.setLatent(Float32Array.from(latent));
    else if (position) this.session.moveTo({ x: position[0], y: position[1] }, null);
  }

  /** Images that no hand waits for. */
  private async images(latents: Float32Array): Promise<Float32Array | null> {
    return (await this.host.decoding.background())?.decode(latents) ?? null;
  }

  private follow(pointerTime: number | null): void {
    this.unpainted = { pointerTime };
    this.host.layout.map.moveProbe(this.session.probe.position);
    this.surroundings.describe();
    this.host.requestFrame();
  }

  private show(image: Float32Array, pointerTime: number | null): void {
    if (this.host.signal.aborted) return;
    const { panel } = this.host.layout;
    panel.image.show(image);
    panel.sliders.show(this.session.latent);
    this.host.onImage(this.session.latent);
    this.surroundings.changed();
    const { announced, session } = this;
    this.announced = null;
    if (!announced || announced.some((value, dimension) => value !== session.latent[dimension])) {
      this.host.dispatch("explorer:decoded", { ...session.state, pointerTime });
    }
    this.host.onShown();
  }

  private released(): void {
    const { probe } = this;
    this.host.history.amend({ probe });
    this.surroundings.released();
    this.host.dispatch("explorer:released", probe);
  }
}
