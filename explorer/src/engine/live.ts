import type { Engine } from "./engine";

export interface Answered {
  readonly image: Float32Array;
  /** `timeStamp` of the pointer event that this answers. */
  readonly pointerTime: number | null;
  /** Nothing newer has been wanted in the meantime. */
  readonly newest: boolean;
}

interface Pending {
  readonly latent: Float32Array;
  readonly pointerTime: number | null;
}

/**
 * Keeps the decoded image after a moving hand: at most one decode runs, and only the newest latent waits for it, so
 * a slow decoder shows fewer images and never late ones. The next is begun before an image is shown: a worker does not
 * wait for the page. (Two workers in turn gave no more images on two cores, and later ones.)
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
  want(latent: Float32Array, pointerTime: number | null): void {
    this.pending = { latent, pointerTime };
  }

  /** Decodes the newest latent, if there is one and nothing runs: once a frame, and again after every answer. */
  pump(): void {
    if (this.running || !this.pending) return;
    const { latent, pointerTime } = this.pending;
    this.pending = null;
    this.running = true;
    this.engine.decode(latent).then(
      (image) => {
        this.running = false;
        const newest = this.pending === null;
        this.pump();
        this.onAnswer({ image, pointerTime, newest });
      },
      (error: unknown) => {
        this.running = false;
        this.onError(error);
      },
    );
  }
}
