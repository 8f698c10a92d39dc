/** A change in the making: what has been shown of it becomes one step, or none. */
export interface Transaction {
  commit(): void;
  cancel(): void;
}

/** The change that a hand is making, one at a time on a page: undo, Esc and a lost pointer take it back first. */
export class Underway {
  private current: Transaction | null = null;

  holds(transaction: Transaction): boolean {
    return this.current === transaction;
  }

  /** Another hand takes over: what the former has done stays. */
  begin(transaction: Transaction): void {
    if (this.current) this.commit(this.current);
    this.current = transaction;
  }

  /** Does nothing for a transaction that something else has ended. */
  commit(transaction: Transaction): void {
    if (!this.holds(transaction)) return;
    this.current = null;
    transaction.commit();
  }

  /** Takes back what is underway, or this alone; tells whether there was anything. */
  cancel(transaction: Transaction | null = this.current): boolean {
    if (!transaction || !this.holds(transaction)) return false;
    this.current = null;
    transaction.cancel();
    return true;
  }
}
