/** Steps that can be taken back. */
const KEPT = 200;

/** The state on show, those before it and those taken back. */
export class History<State extends object> {
  private readonly past: State[] = [];
  private readonly future: State[] = [];

  constructor(
    private present: State,
    /** Told of every change, with the state before it, and whether it came from undo or redo. */
    private readonly onChange: (state: State, before: State, travelled: boolean) => void,
  ) {}

  get state(): State {
    return this.present;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Takes a step that `undo` takes back. */
  commit(change: Partial<State>): void {
    this.past.push(this.present);
    if (this.past.length > KEPT) this.past.shift();
    this.future.length = 0;
    this.show({ ...this.present, ...change }, false);
  }

  /** Fills in what is no step of anybody's: where the probe has come to stand. */
  amend(change: Partial<State>): void {
    this.show({ ...this.present, ...change }, false);
  }

  /** Fills in what was so before any step: what an earlier visit has left in the tray. */
  amendAll(change: (state: State) => Partial<State>): void {
    for (const states of [this.past, this.future]) states.forEach((state, index) => (states[index] = { ...state, ...change(state) }));
    this.amend(change(this.present));
  }

  undo(): void {
    this.travel(this.past, this.future);
  }

  redo(): void {
    this.travel(this.future, this.past);
  }

  private travel(from: State[], to: State[]): void {
    const state = from.pop();
    if (!state) return;
    to.push(this.present);
    this.show(state, true);
  }

  private show(state: State, travelled: boolean): void {
    const before = this.present;
    this.present = state;
    this.onChange(state, before, travelled);
  }
}
