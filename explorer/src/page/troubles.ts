import { Failure } from "../base/failure";

/** So many images in a row that fail are no accident. */
const PERSISTS = 3;

/** What goes wrong while a page is open: said in words, and the end of the page only where it persists. */
export class Troubles {
  private inARow = 0;
  private worked = false;

  constructor(
    private readonly say: (words: string) => void,
    private readonly end: (error: unknown) => void,
  ) {}

  /** An image is there. */
  passed(): void {
    this.worked = true;
    this.inARow = 0;
  }

  /** An image that the page lives by has failed; tells whether it is worth another try. */
  failed(error: unknown): boolean {
    this.inARow++;
    if (!this.worked || this.inARow >= PERSISTS) {
      this.end(error);
      return false;
    }
    this.say(Failure.from(error, "An image could not be decoded.").message);
    return true;
  }

  /** Something beside that has failed: the page goes on without it, once there is one. */
  aside(error: unknown): void {
    if (this.worked) this.say(Failure.from(error, "Something could not be shown.").message);
    else this.end(error);
  }
}
