import { Underway } from "../base/underway";

/** Steps that can be taken back. */
const KEPT = 200;

/** Shows a change: the state, the one before it, and whether it came from undo or redo. */
export type Effect<State> = (state: State, before: State, travelled: boolean) => void;

const same = <State extends object>(a: State, b: State): boolean => (Object.keys(b) as (keyof State)[]).every((name) => a[name] === b[name]);

/** The state on show, those before it and those taken back; and what a hand is changing, which is no step yet. */
export class History<State extends object> {
  private readonly past: State[] = [];
  private readonly future: State[] = [];
  /** The state before the hand took hold; null while nothing is being previewed. */
  private untouched: State | null = null;

  private readonly effects: { readonly names: readonly (keyof State)[] | null; readonly effect: Effect<State> }[] = [];

  constructor(
    private present: State,
    /** What a hand is about: no step yet, it goes back before any step does. */
    private readonly underway: Pick<Underway, "cancel"> = new Underway(),
  ) {}

  /** Has every change shown, in the order in which this was asked for. */
  listen(effect: Effect<State>): void {
    this.effects.push({ names: null, effect });
  }

  /** Has changes of these shown, in the order in which this was asked for. */
  on(names: readonly (keyof State)[], effect: Effect<State>): void {
    this.effects.push({ names, effect });
  }

  get state(): State {
    return this.present;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Shows what is not decided yet: `keep` or any other step makes it one, `revert` takes it back. */
  preview(change: Partial<State>): void {
    this.untouched ??= this.present;
    this.show({ ...this.present, ...change }, false);
  }

  keep(): void {
    if (this.untouched) this.commit({});
  }

  revert(): void {
    const { untouched } = this;
    this.untouched = null;
    if (untouched) this.show(untouched, false);
  }

  /** Takes a step that `undo` takes back; what changes nothing is none. */
  commit(change: Partial<State>): void {
    const from = this.untouched ?? this.present;
    const to = { ...this.present, ...change };
    this.untouched = null;
    if (!same(from, to)) {
      this.past.push(from);
      if (this.past.length > KEPT) this.past.shift();
      this.future.length = 0;
    }
    this.show(to, false);
  }

  /** Fills in what is no step of anybody's: where the probe has come to stand. */
  amend(change: Partial<State>): void {
    if (this.untouched) this.untouched = { ...this.untouched, ...change };
    this.show({ ...this.present, ...change }, false);
  }

  /** Fills in what was so before any step: what an earlier visit has left in the tray. */
  amendAll(change: (state: State) => Partial<State>): void {
    for (const states of [this.past, this.future]) states.forEach((state, index) => (states[index] = { ...state, ...change(state) }));
    if (this.untouched) this.untouched = { ...this.untouched, ...change(this.untouched) };
    this.show({ ...this.present, ...change(this.present) }, false);
  }

  undo(): void {
    this.underway.cancel();
    this.revert();
    this.travel(this.past, this.future);
  }

  redo(): void {
    this.underway.cancel();
    this.revert();
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
    for (const { names, effect } of this.effects) {
      if (!names || names.some((name) => state[name] !== before[name])) effect(state, before, travelled);
    }
  }
}
