import type { Position } from "../base/geometry";
import { type LatentMap, standAt } from "../plane/latentMap";
import type { Held } from "./frames";
import type { Stop } from "./state";

export interface HandHandlers {
  /** The hand has taken hold of a stop. */
  onTake(): void;
  /** A frame is wanted, for which `follow` is to be called. */
  requestFrame(): void;
  /** Whether images are still being decoded: the hand's newest place is asked for when they have arrived. */
  busy(): boolean;
  /** The frames are to be laid through the stop where it is now. */
  onMove(held: Held, pointerTime: number | null): void;
}

interface Carried {
  readonly index: number;
  readonly from: Stop;
  /** Where the hand is … */
  readonly hand: Position;
  /** … and where that has the stop stand. */
  readonly position: Position;
  readonly pointerTime: number | null;
}

/** A stop in the hand: what it started from goes along, fading with the distance, as it does on the Explore page. */
export class Hand {
  private carried: Carried | null = null;
  private moved = false;

  constructor(
    private readonly map: () => Pick<LatentMap, "latentAt" | "positionOf">,
    private readonly handlers: HandHandlers,
  ) {}

  /** Which stop is held, and where it is; null with an empty hand. */
  get held(): { readonly index: number; readonly position: Position } | null {
    return this.carried;
  }

  /** Takes a stop along; tells where it stands. */
  carry(index: number, stop: Stop, hand: Position, pointerTime: number | null): Position {
    const taken = this.carried?.index !== index;
    const from = taken ? stop : this.carried!.from;
    const position = standAt(this.map(), hand, from, from.latent.length);
    if (taken) this.handlers.onTake();
    this.carried = { index, from, hand, position, pointerTime };
    this.moved = true;
    this.handlers.requestFrame();
    return position;
  }

  /** Once a frame, and again whenever nothing is being decoded any more. */
  follow(): void {
    if (this.moved && !this.handlers.busy()) this.place();
  }

  /** Asks for the frames anew through a stop that is held; tells whether one is. */
  again(): boolean {
    if (!this.carried) return false;
    this.moved = true;
    this.handlers.requestFrame();
    return true;
  }

  /** The hand opens; the stop as it is then, or null if nothing was held. */
  drop(): { readonly index: number; readonly from: Stop; readonly stop: Stop } | null {
    const { carried } = this;
    if (!carried) return null;
    this.carried = null;
    this.moved = false;
    const { index, from, hand, position } = carried;
    return { index, from, stop: { ...from, position, latent: this.map().latentAt(hand, from) } };
  }

  /** The hand opens and the stop is as it was; which, or null if nothing was held. */
  cancel(): number | null {
    const { carried } = this;
    this.carried = null;
    this.moved = false;
    return carried?.index ?? null;
  }

  private place(): void {
    const { index, from, hand, pointerTime } = this.carried!;
    this.moved = false;
    this.handlers.onMove({ index, latent: this.map().latentAt(hand, from) }, pointerTime);
  }
}
