/** What was begun under each key, once; what failed is forgotten, so that asking again tries again. */
export class Remembered<Value> {
  private readonly begun = new Map<string, Promise<Value>>();

  /** The value of a key. A failure is met by whoever awaits it, and by nobody else. */
  get(key: string, begin: () => Promise<Value>): Promise<Value> {
    const known = this.begun.get(key);
    if (known) return known;
    const value = begin();
    this.begun.set(key, value);
    value.catch(() => this.begun.get(key) === value && this.begun.delete(key));
    return value;
  }

  forget(key: string): void {
    this.begun.delete(key);
  }

  /** All that has come to be, or will, without what fails. */
  async settled(): Promise<Value[]> {
    const results = await Promise.allSettled(this.begun.values());
    return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }
}
