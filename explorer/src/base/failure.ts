/** Something a person has to be told: what happened, why, and what to do about it. */
export class Failure extends Error {
  constructor(
    readonly what: string,
    readonly why: string,
    readonly remedy: string,
  ) {
    super(`${what} ${why} ${remedy}`);
    this.name = "Failure";
  }

  /** Anything thrown, as something that can be shown. */
  static from(error: unknown, what: string): Failure {
    if (error instanceof Failure) return error;
    const why = error instanceof Error ? error.message : String(error);
    return new Failure(what, why, "Reload the page; if it happens again, export the model's explorer files once more.");
  }
}
