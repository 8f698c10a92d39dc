import type { Decoded, Engine, Wish } from "../engine/engine";
import { type Position, samePosition } from "../base/geometry";
import type { HalfMatrix } from "../model/halfFloat";
import { type Answered, LiveDecode } from "../engine/live";
import type { LatentMap } from "../plane/latentMap";
import type { Probe, ProbeStand } from "./probe";

export interface SessionHandlers {
  /** The probe stands somewhere else; the image may still be on its way. */
  onMove(probe: Probe, pointerTime: number | null): void;
  /** The image for where the probe was a moment ago. */
  onDecode(image: Float32Array, pointerTime: number | null): void;
  /** A movement has ended and its image is there; `step` if it is one that a person would take back. */
  onRelease(state: ProbeStand, step: boolean): void;
  /** An image has failed; tells whether it is to be tried again. */
  onError(error: unknown): boolean;
}

/** All that a hand may change, as it was before. */
interface Before {
  readonly probe: Probe;
  readonly latent: Float32Array;
  readonly home: number | null;
  readonly wish: Wish | null;
}

/** The probe and the latent it stands for, and every way of moving either. */
export class ProbeSession {
  private current: Probe = { position: { x: 0, y: 0 }, anchor: null, point: null };
  private readonly live: LiveDecode | null;
  private wanted: Float32Array;
  private lastPoint: number | null = null;
  private releasing: { readonly step: boolean } | null = null;
  private flat: LatentMap | null = null;
  private wish: Wish | null = null;
  /** Null while no hand holds the probe. */
  private before: Before | null = null;

  /**
   * @param latents of the data points
   * @param positions where they are on the map
   * @param engine null to move without decoding
   */
  constructor(
    private readonly latents: HalfMatrix,
    private readonly positions: (point: number) => Position,
    private engine: Engine | null,
    private readonly handlers: SessionHandlers,
  ) {
    this.wanted = new Float32Array(latents.columns);
    this.live = engine && new LiveDecode(engine, (answered) => this.answer(answered), (error) => this.fail(error));
  }

  get probe(): Probe {
    return this.current;
  }

  /** The latent last decoded, or a newer one that has been asked for by name. */
  get latent(): Float32Array {
    return this.wanted;
  }

  /** The data point that the probe was on last. */
  get home(): number | null {
    return this.lastPoint;
  }

  get state(): ProbeStand {
    const { position, point } = this.current;
    return { position: [position.x, position.y], latent: [...this.wanted], point, home: this.lastPoint };
  }

  /** Takes another map, null for the model's own; the probe keeps its latent and goes where that map has it. */
  useMap(flat: LatentMap | null): void {
    this.flat = flat;
  }

  /** Goes where the map in use has the latent. */
  relocate(): void {
    const { point } = this.current;
    if (point !== null) this.snap(point, null);
    else this.setLatent(this.wanted);
    this.release(false);
  }

  useEngine(engine: Engine): void {
    this.engine = engine;
    if (this.live) this.live.engine = engine;
  }

  /** Carries the probe to a position; what it started from goes along, fading. */
  moveTo(position: Position, pointerTime: number | null): void {
    const { anchor } = this.current;
    if (!this.flat) {
      this.place({ position, anchor, point: null }, pointerTime);
      return;
    }
    this.wanted = this.flat.latentAt(position, anchor ?? { position: this.current.position, latent: this.wanted });
    this.current = { position, anchor, point: null };
    this.want({ kind: "placed", position, latent: this.wanted }, pointerTime);
  }

  /** Puts the probe on a data point, whose own latent it then has. */
  snap(point: number, pointerTime: number | null): void {
    const position = this.positions(point);
    const latent = this.latents.row(point);
    this.lastPoint = point;
    this.wanted = latent;
    this.place({ position, anchor: { position, latent }, point }, pointerTime);
  }

  /** Asks for a latent; the probe goes where the map has it. */
  setLatent(latent: Float32Array): void {
    this.wanted = latent;
    if (this.flat) {
      const position = this.flat.positionOf(latent);
      this.place({ position, anchor: { position, latent }, point: null }, null);
    } else {
      this.want({ kind: "latent", latent }, null);
    }
  }

  setDimension(dimension: number, value: number): void {
    this.setLatent(this.wanted.with(dimension, value));
  }

  /** Goes where the map in use had it. */
  restore({ position: [x, y], latent, point, home }: ProbeStand): void {
    const position = { x, y };
    this.lastPoint = home;
    this.releasing = null;
    this.wanted = Float32Array.from(latent);
    this.place({ position, anchor: { position, latent: this.wanted }, point }, null);
  }

  /** A hand takes hold of the probe, or of what moves it: until it lets go, nothing is a step. */
  begin(): void {
    this.before ??= { probe: this.current, latent: this.wanted, home: this.lastPoint, wish: this.wish };
  }

  /** The hand lets go: a step, if anything is other than it was. */
  commit(): void {
    const { before } = this;
    if (!before) return;
    this.before = null;
    if (this.differs(before)) this.release();
    else this.releasePostponed();
  }

  /** All is as it was before the hand came. */
  cancel(): void {
    const { before } = this;
    if (!before) return;
    this.before = null;
    this.current = before.probe;
    this.wanted = before.latent;
    this.lastPoint = before.home;
    if (before.wish) this.want(before.wish, null);
    this.releasePostponed();
  }

  /** A movement has ended: tells so as soon as the last image is there and no hand holds the probe. */
  release(step = true): void {
    const releasing = { step: step || this.releasing?.step === true };
    const settled = this.live?.settled !== false;
    this.releasing = this.before || !settled ? releasing : null;
    if (!this.releasing) this.handlers.onRelease(this.state, releasing.step);
  }

  /** Decodes the newest wish; called once a frame. */
  pump(): void {
    this.live?.pump();
  }

  reconstruct(point: number): Promise<Float32Array> | null {
    return this.engine?.reconstruct(this.latents.row(point)) ?? null;
  }

  private releasePostponed(): void {
    if (this.releasing) this.release(this.releasing.step);
  }

  private differs({ probe, wish }: Before): boolean {
    const { position, anchor, point } = this.current;
    if (this.wish === wish) return false;
    if (this.wish?.kind === "latent" || point !== probe.point || !samePosition(position, probe.position)) return true;
    return point === null && anchor !== probe.anchor;
  }

  private place(probe: Probe, pointerTime: number | null): void {
    this.current = probe;
    this.want({ kind: "position", position: probe.position, anchor: probe.anchor }, pointerTime);
  }

  private want(wish: Wish, pointerTime: number | null): void {
    this.wish = wish;
    this.live?.want(wish, pointerTime);
    this.handlers.onMove(this.current, pointerTime);
  }

  private fail(error: unknown): void {
    const again = this.handlers.onError(error);
    if (again && this.wish) this.want(this.wish, null);
  }

  private answer({ wish, decoded, pointerTime, newest }: Answered): void {
    if (newest) this.arrive(wish, decoded, pointerTime);
    this.handlers.onDecode(decoded.image, pointerTime);
    if (newest) this.releasePostponed();
  }

  private arrive(wish: Wish, { position, latent }: Decoded, pointerTime: number | null): void {
    this.wanted = latent;
    if (wish.kind !== "latent") return;
    this.current = { position, anchor: { position, latent }, point: null };
    this.handlers.onMove(this.current, pointerTime);
  }
}
