import type { Position } from "../base/geometry";
import type { MapPane } from "../map/map";
import { type Marked, PinMarks } from "../map/pinMarks";
import type { Manifest } from "../model/manifest";
import type { History } from "../state/history";
import type { State } from "../state/state";
import { PinBoard, type PinBoardHost } from "../tray/pinBoard";

export interface PinsHost extends PinBoardHost {
  /** Where the map in use has a latent; null before there is one. */
  placeOf(latent: Float32Array): Position | null;
}

/** The tray, and on the map where its pins are and where the picture of one's own is. */
export class Pins {
  readonly root: HTMLElement;
  private readonly board: PinBoard;
  private readonly marks: PinMarks;
  /** The picture that was encoded last, numbered so that each has a place of its own. */
  private own: Marked | null = null;
  private owned = 0;

  constructor(
    manifest: Manifest,
    private readonly history: History<State>,
    map: MapPane,
    host: PinsHost,
    signal: AbortSignal,
  ) {
    this.board = new PinBoard(manifest, history, host, signal);
    this.root = this.board.tray.root;
    this.marks = new PinMarks(map, (latent) => host.placeOf(latent));
    history.on(["pins"], (state, before) => this.board.apply(state, before));
    history.on(["pins"], () => this.mark());
  }

  /** Brings back what the browser kept from an earlier visit. */
  restore(): void {
    this.board.restore();
  }

  /** Keeps a latent; tells whether there was room. */
  pin(latent: Float32Array, name: string): boolean {
    return this.board.pin(latent, name);
  }

  /** Shows where one's own picture is; null takes it away. */
  markOwn(latent: Float32Array | null): void {
    this.own = latent && { id: `own ${++this.owned}`, name: "your image", latent };
    this.mark();
  }

  /** The points lie elsewhere: so does what stands among them. */
  moved(): void {
    this.marks.forget();
    this.mark();
  }

  private mark(): void {
    const own = this.own ? [this.own] : [];
    this.marks.show([...this.history.state.pins, ...own]);
  }
}
