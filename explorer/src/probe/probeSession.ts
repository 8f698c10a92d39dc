import type { Engine } from "../engine/engine";
import { type Position, samePosition } from "../base/geometry";
import type { HalfMatrix } from "../model/halfFloat";
import { type Answered, LiveDecode } from "../engine/live";
import { type LatentMap, standAt } from "../plane/latentMap";
import type { Probe, ProbeStand } from "./probe";

export interface SessionHandlers {
  /** The probe stands somewhere else; the image may still be on its way. */
  onMove(probe: Probe, pointerTime: number | null): void;
  /** The image for where the probe was a moment ago. */
  onDecode(image: Float32Array, pointerTime: number | null): void;
  /** A movement has ended that a person would take back; its image may still be on its way. */
  onStep(state: ProbeStand): void;
  /** A movement has ended and its image is there. */
  onRelease(state: ProbeStand): void;
  /** An image has failed; tells whether it is to be tried again. */
  onError(error: unknown): boolean;
}

/** Numbers that were kept and computed anew may differ by this share. */
const ROUNDING = 1e-4;

/** All that a hand may change, as it was before. */
interface Before {
  readonly probe: Probe;
  readonly latent: Float32Array;
  readonly home: number | null;
}

/** The probe and the latent it stands for, and every way of moving either. */
export class ProbeSession {
  private current: Probe = { position: { x: 0, y: 0 }, anchor: null, point: null };
  private readonly live: LiveDecode | null;
  private wanted: Float32Array;
  private lastPoint: number | null = null;
  /** What has ended while a hand held the probe. */
  private postponed: { readonly step: boolean } | null = null;
  /** A movement has ended whose image is still to come. */
  private awaited = false;
  /** Null while no hand holds the probe. */
  private before: Before | null = null;

  /**
   * @param latents of the data points
   * @param positions where they are on the map
   * @param map the map in use
   * @param engine null to move without decoding
   */
  constructor(
    private readonly latents: HalfMatrix,
    private readonly positions: (point: number) => Position,
    private map: LatentMap,
    private engine: Engine | null,
    private readonly handlers: SessionHandlers,
  ) {
    this.wanted = new Float32Array(latents.columns);
    this.live = engine && new LiveDecode(engine, (answered) => this.answer(answered), (error) => this.fail(error));
  }

  get probe(): Probe {
    return this.current;
  }

  /** The latent that the probe stands for; its image may still be on its way. */
  get latent(): Float32Array {
    return this.wanted;
  }

  /** The image on show is that of the latent. */
  get settled(): boolean {
    return this.live?.settled ?? true;
  }

  /** The data point that the probe was on last. */
  get home(): number | null {
    return this.lastPoint;
  }

  get state(): ProbeStand {
    const { position, point } = this.current;
    return { position: [position.x, position.y], latent: [...this.wanted], point, home: this.lastPoint };
  }

  /** Takes another map, to which the probe belongs from now on. */
  useMap(map: LatentMap): void {
    this.map = map;
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
    const latent = this.map.latentAt(position, anchor);
    this.place({ position: standAt(this.map, position, anchor, latent.length), anchor, point: null }, latent, pointerTime);
  }

  /** Puts the probe on a data point, whose own latent it then has. */
  snap(point: number, pointerTime: number | null): void {
    const position = this.positions(point);
    const latent = this.latents.row(point);
    this.lastPoint = point;
    this.place({ position, anchor: { position, latent }, point }, latent, pointerTime);
  }

  /** Asks for a latent; the probe goes where the map has it. */
  setLatent(latent: Float32Array): void {
    const position = this.map.positionOf(latent);
    this.place({ position, anchor: { position, latent }, point: null }, latent, null);
  }

  setDimension(dimension: number, value: number): void {
    this.setLatent(this.wanted.with(dimension, value));
  }

  /** Goes where the map in use had it: carried there, or sent by its latent, as that is the place's own or another. */
  restore({ position: [x, y], latent: numbers, point, home }: ProbeStand): void {
    const position = { x, y };
    const latent = Float32Array.from(numbers);
    const own = this.map.latentAt(position, null);
    const carried = point === null && latent.every((value, dimension) => Math.abs(value - own[dimension]!) <= ROUNDING * (1 + Math.abs(value)));
    this.lastPoint = home;
    this.place({ position, anchor: carried ? null : { position, latent }, point }, latent, null);
  }

  get isHeld(): boolean {
    return this.before !== null;
  }

  /** A hand takes hold of the probe, or of what moves it: until it lets go, nothing is a step. */
  begin(): void {
    this.before ??= { probe: this.current, latent: this.wanted, home: this.lastPoint };
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
    this.lastPoint = before.home;
    if (this.current !== before.probe) this.place(before.probe, before.latent, null);
    this.releasePostponed();
  }

  /** A movement has ended: a step as soon as no hand holds the probe, and told of when its last image is there too. */
  release(step = true): void {
    const ended = { step: step || this.postponed?.step === true };
    this.postponed = this.before && ended;
    if (this.postponed) return;
    if (ended.step) this.handlers.onStep(this.state);
    this.awaited = true;
    this.tell();
  }

  /** Decodes the newest latent; called once a frame. */
  pump(): void {
    this.live?.pump();
  }

  reconstruct(point: number): Promise<Float32Array> | null {
    return this.engine?.decode(this.latents.row(point)) ?? null;
  }

  private releasePostponed(): void {
    if (this.postponed) this.release(this.postponed.step);
    else this.tell();
  }

  private tell(): void {
    if (!this.awaited || this.before || this.live?.settled === false) return;
    this.awaited = false;
    this.handlers.onRelease(this.state);
  }

  private differs({ probe, latent }: Before): boolean {
    const { position, point } = this.current;
    return point !== probe.point || !samePosition(position, probe.position) || this.wanted.some((value, dimension) => value !== latent[dimension]);
  }

  private place(probe: Probe, latent: Float32Array, pointerTime: number | null): void {
    this.current = probe;
    this.wanted = latent;
    this.live?.want(latent, pointerTime);
    this.handlers.onMove(probe, pointerTime);
  }

  private fail(error: unknown): void {
    if (this.handlers.onError(error)) this.place(this.current, this.wanted, null);
  }

  private answer({ image, pointerTime, newest }: Answered): void {
    this.handlers.onDecode(image, pointerTime);
    if (newest) this.tell();
  }
}
