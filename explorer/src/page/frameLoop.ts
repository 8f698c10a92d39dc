/** Calls for frames: however often one is asked for, it comes once before the next painting. */
export class FrameLoop {
  private requested = false;

  constructor(
    private readonly paint: () => void,
    private readonly signal: AbortSignal,
  ) {}

  request(): void {
    if (this.requested) return;
    this.requested = true;
    requestAnimationFrame(() => {
      this.requested = false;
      if (!this.signal.aborted) this.paint();
    });
  }
}
