import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Keeper } from "../src/state/keeper";
import { manifestOf } from "./manifestOf";

const MODEL = manifestOf({ dimensions: 2 });
let stored: Map<string, string>;
let page: EventTarget;

/** A tab whose browser keeps things, with an address. */
beforeEach(() => {
  stored = new Map();
  page = new EventTarget();
  Object.assign(globalThis, {
    window: Object.assign(page, { setTimeout }),
    sessionStorage: { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, text: string) => void stored.set(key, text) },
  });
  visit("");
});

function visit(query: string): void {
  Object.assign(globalThis, { location: new URL(`http://127.0.0.1/explore${query}`) });
}

/** A page that shows `state.text`, left by aborting. */
function opened(state: { text: string | null }, name = "explore", model = MODEL): { keeper: Keeper; leave(): void } {
  const abort = new AbortController();
  return { keeper: new Keeper(name, "at", model, () => state.text, abort.signal), leave: () => abort.abort() };
}

test("what rests is kept for the page, the model and the tab, and found when one comes back", async () => {
  const state = { text: "first" };
  const { keeper, leave } = opened(state);
  assert.equal(keeper.begin(), null);
  keeper.soon();
  state.text = "second";
  keeper.soon();
  await wait(300);
  leave();
  assert.equal(stored.size, 1);
  assert.deepEqual(opened(state).keeper.begin(), { text: "second", linked: false });
  assert.equal(opened(state, "interpolate").keeper.begin(), null);
  assert.equal(opened(state, "explore", manifestOf({ dimensions: 2, decoder: "deadbeef" })).keeper.begin(), null);
});

test("leaving the page in one way or another keeps what has not rested yet", () => {
  const left = opened({ text: "left" });
  left.keeper.soon();
  left.leave();
  assert.deepEqual(opened({ text: "" }).keeper.begin(), { text: "left", linked: false });
  const hidden = opened({ text: "hidden" });
  hidden.keeper.soon();
  page.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(opened({ text: "" }).keeper.begin(), { text: "hidden", linked: false });
});

test("a link is opened once: then the tab goes on from it, until there is another link", () => {
  visit("?at=LINK");
  const linked = opened({ text: "went on" });
  assert.deepEqual(linked.keeper.begin(), { text: "LINK", linked: true });
  linked.keeper.soon();
  linked.leave();
  assert.deepEqual(opened({ text: "" }).keeper.begin(), { text: "went on", linked: false });
  visit("?at=OTHER");
  assert.deepEqual(opened({ text: "" }).keeper.begin(), { text: "OTHER", linked: true });
});

test("going back to an earlier link opens it again, not what has become of a later one", () => {
  for (const at of ["FIRST", "SECOND"]) {
    visit(`?at=${at}`);
    const { keeper, leave } = opened({ text: `${at} went on` });
    assert.deepEqual(keeper.begin(), { text: at, linked: true });
    keeper.shown();
    keeper.soon();
    leave();
  }
  visit("?at=FIRST");
  assert.deepEqual(opened({ text: "" }).keeper.begin(), { text: "FIRST", linked: true });
});

test("a link that one model has opened says nothing to the next that is picked on the same address", () => {
  const other = manifestOf({ dimensions: 2, decoder: "deadbeef" });
  visit("?at=OF-ONE");
  const one = opened({ text: "one" });
  assert.equal(one.keeper.begin()?.linked, true);
  one.keeper.shown();
  one.leave();
  assert.equal(opened({ text: "other" }, "explore", other).keeper.begin(), null);
  visit("?at=OF-NONE");
  assert.deepEqual(opened({ text: "other" }, "explore", other).keeper.begin(), { text: "OF-NONE", linked: true });
});

test("a browser that keeps nothing is a page that remembers", () => {
  const denied = (): never => {
    throw new DOMException("denied", "SecurityError");
  };
  Object.assign(globalThis, { sessionStorage: { getItem: denied, setItem: denied } });
  const { keeper, leave } = opened({ text: "in memory" }, "private");
  assert.equal(keeper.begin(), null);
  keeper.soon();
  leave();
  assert.deepEqual(opened({ text: "" }, "private").keeper.begin(), { text: "in memory", linked: false });
});

test("what something else has left under its key is nothing", () => {
  const { keeper, leave } = opened({ text: "ours" });
  keeper.soon();
  leave();
  const [key] = stored.keys();
  for (const left of ["", "{", "null", "7", "[]", '{"text": 5, "link": null}', '{"text": "a", "link": 5}']) {
    stored.set(key!, left);
    assert.equal(opened({ text: "" }).keeper.begin(), null, left);
  }
});

test("nothing is kept of what is not there yet", () => {
  const { keeper, leave } = opened({ text: null });
  keeper.soon();
  leave();
  assert.equal(stored.size, 0);
});

test("an address names the model unless it does already", () => {
  assert.equal(opened({ text: "" }).keeper.address("my model", "TEXT"), "http://127.0.0.1/explore?model=my+model&at=TEXT");
  visit("?model=other&at=OLD");
  assert.equal(opened({ text: "" }).keeper.address("my model", "TEXT"), "http://127.0.0.1/explore?model=other&at=TEXT");
});
