import assert from "node:assert/strict";
import { test } from "node:test";
import type { Manifest } from "../src/model/manifest";
import { History } from "../src/state/history";
import type { Pin } from "../src/state/state";
import { merged, MOST_PINS, newPin, TrayStorage } from "../src/tray/storage";

const MANIFEST = { name: "digits", files: { decoder: { path: "decoder.abc.onnx" } }, model: { latent_dim: 2 } } as unknown as Manifest;
const pin = (name: string, id = name): Pin => ({ id, name, latent: Float32Array.of(1, 2) });
const pins = (names: string): Pin[] => [...names].map((name) => pin(name));

/** The browser's storage, and the events by which each tab hears of the others. */
class Browser {
  readonly windows: EventTarget[] = [];
  private readonly values = new Map<string, string>();
  /** Whose turn it is. */
  writing = -1;

  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.values.get(key) === value) return;
    this.values.set(key, value);
    this.pending.push([this.writing, key]);
  }

  private readonly pending: [number, string | null][] = [];

  /** Every tab but the one that wrote hears of it; a browser does not wait with that for long. */
  deliver(): void {
    for (let rounds = 0; this.pending.length > 0; rounds++) {
      assert.ok(rounds < 20, "the tabs go on answering each other");
      const [writer, key] = this.pending.shift()!;
      this.windows.forEach((window, tab) => {
        if (tab === writer) return;
        this.writing = tab;
        window.dispatchEvent(Object.assign(new Event("storage"), { key }));
      });
    }
  }

  clear(): void {
    this.values.clear();
    this.pending.push([-1, null]);
  }
}

/** A tab with a tray, which keeps every step. */
class Tab {
  readonly history: History<{ readonly pins: readonly Pin[] }>;
  private readonly number: number;

  constructor(private readonly browser: Browser) {
    const window = new EventTarget();
    this.number = browser.windows.push(window) - 1;
    Object.assign(globalThis, { window, localStorage: browser });
    const storage = new TrayStorage(MANIFEST);
    storage.watch((follow) => this.history.amendAll((state) => ({ pins: follow(state.pins) })), new AbortController().signal);
    this.history = new History({ pins: storage.read() });
    this.history.on(["pins"], ({ pins }) => void storage.write(pins));
  }

  act(change: (pins: readonly Pin[]) => readonly Pin[]): void {
    this.browser.writing = this.number;
    this.history.commit({ pins: change(this.history.state.pins) });
  }

  undo(): void {
    this.browser.writing = this.number;
    this.history.undo();
  }

  get names(): string {
    return this.history.state.pins.map(({ name }) => name).join("");
  }
}

test("two tabs fill and empty one tray, and neither undoes what the other did", () => {
  const browser = new Browser();
  const [first, second] = [new Tab(browser), new Tab(browser)];
  first.act((before) => [...before, pin("a")]);
  browser.deliver();
  second.act((before) => [...before, pin("b")]);
  first.act((before) => [...before, pin("c")]); // before it has heard of b
  browser.deliver();
  assert.deepEqual([first.names, second.names, new Tab(browser).names].map((names) => [...names].sort().join("")), ["abc", "abc", "abc"]);
  second.act((before) => before.filter(({ name }) => name !== "a"));
  browser.deliver();
  assert.deepEqual([...first.names].sort().join(""), "bc");
  first.undo(); // takes c back, and brings neither a back nor b away
  browser.deliver();
  assert.deepEqual([first.names, second.names, new Tab(browser).names], ["b", "b", "b"]);
});

test("a removal stays one, though another tab writes before it has heard", () => {
  const browser = new Browser();
  const first = new Tab(browser);
  first.act(() => pins("abc"));
  browser.deliver();
  const second = new Tab(browser);
  first.act((before) => before.filter(({ name }) => name !== "b"));
  second.act((before) => [...before, pin("d")]);
  browser.deliver();
  assert.deepEqual([first.names, second.names, new Tab(browser).names], ["acd", "acd", "acd"]);
});

test("names and orders given in one tab are the other's as well, and nobody answers for ever", () => {
  const browser = new Browser();
  const first = new Tab(browser);
  first.act(() => pins("abc"));
  browser.deliver();
  const second = new Tab(browser);
  second.act((before) => before.map((one) => (one.id === "a" ? { ...one, name: "x" } : one)));
  first.act((before) => [before[2]!, before[0]!, before[1]!]);
  browser.deliver();
  assert.deepEqual([first.names, second.names, new Tab(browser).names], ["cxb", "cxb", "cxb"]);
});

test("where everything is cleared, the tray is empty, once and for all", () => {
  const browser = new Browser();
  const [first, second] = [new Tab(browser), new Tab(browser)];
  first.act(() => pins("ab"));
  browser.deliver();
  browser.clear();
  browser.deliver();
  assert.deepEqual([first.names, second.names], ["", ""]);
});

test("a pin that both have keeps its very latent, so that nothing is decoded anew", () => {
  const [a] = pins("a");
  assert.equal(merged([pin("a")], [pin("a"), pin("b")], [a!])[0], a);
});

test("no more is read than a tray may hold, and none is made beyond", () => {
  const browser = new Browser();
  const tab = new Tab(browser);
  tab.act(() => Array.from({ length: MOST_PINS + 5 }, (_, number) => pin("p", `${number}`)));
  const again = new Tab(browser);
  assert.equal(again.history.state.pins.length, MOST_PINS);
  assert.equal(newPin(again.history.state.pins, new Float32Array(2), "p"), null);
  assert.equal(newPin(pins("ab"), new Float32Array(2), "a")?.name, "a 2");
});

test("what the browser does not keep is said, and damage reads as nothing", () => {
  const refusing = { getItem: () => "[{", setItem: () => assert.fail("the quota is used up") };
  Object.assign(globalThis, { localStorage: refusing });
  const storage = new TrayStorage(MANIFEST);
  assert.deepEqual([storage.read(), storage.write(pins("a"))], [[], false]);
});
