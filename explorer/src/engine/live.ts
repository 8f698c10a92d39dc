import type { Decoded, Engine, Wish } from "./engine";

export interface Answered {
  readonly wish: Wish;
  readonly decoded: Decoded;
  /** `timeStamp` of the pointer event that this answers. */
  readonly pointerTime: number | null;
  /** No newer wish has come in the meantime. */
  readonly newest: boolean;
}

interface Pending {
  readonly wish: Wish;
  readonly pointerTime: number | null;
}

/**
 * Keeps the decoded image after a moving hand: at most one decode runs, and only the newest wish waits for it, so
 * a slow decoder shows fewer images and never late ones.
 */
export class LiveDecode {
  private pending: Pending | null = null;
  private running = false;

  constructor(
    public engine: Pick<Engine, "decode">,
    private readonly onAnswer: (answered: Answered) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Nothing is wanted and nothing runs. */
  get settled(): boolean {
    return !this.running && this.pending === null;
  }

  /** Replaces whatever was wanted before; served at the next `pump`. */
  want(wish: Wish, pointerTime: number | null): void {
    this.pending = { wish, pointerTime };
  }

  /** Serves the newest wish, if there is one and nothing runs: once a frame, and again after every answer. */
  pump(): void {
    if (this.running || !this.pending) return;
    const { wish, pointerTime } = this.pending;
    this.pending = null;
    this.running = true;
    this.engine.decode(wish).then(
      (decoded) => {
        this.running = false;
        this.onAnswer({ wish, decoded, pointerTime, newest: this.pending === null });
        this.pump();
      },
      (error: unknown) => {
        this.running = false;
        this.onError(error);
      },
    );
  }
}
