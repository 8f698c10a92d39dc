/** Counts what has been announced and what has arrived of it, for whoever wants to show how far it is. */
export class Meter {
  private announced = 0;
  private received = 0;
  private readonly listeners = new Set<() => void>();

  announce(amount: number): void {
    this.announced += amount;
  }

  receive(amount: number): void {
    this.received += amount;
    for (const tell of this.listeners) tell();
  }

  /** Tells the share that has arrived of what was still to come at this moment, and since; it never goes back. */
  listen(onShare: (share: number) => void, signal: AbortSignal): void {
    const before = this.received;
    let furthest = 0;
    const tell = (): void => {
      const share = (this.received - before) / Math.max(1, this.announced - before);
      if (share > furthest) onShare((furthest = share));
    };
    this.listeners.add(tell);
    signal.addEventListener("abort", () => this.listeners.delete(tell), { once: true });
  }
}
