import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { type RunNow, RunsPoll } from "../src/runs/poll";
import { CHARTS_REST, isStale } from "../src/runs/staleness";

const run = (changes: Partial<RunNow> = {}): RunNow => ({ name: "mine", state: "training", change: "1", words: "", progress: 0.5, ...changes });
const shown = { states: { mine: "training" }, opened: "mine", change: "1" };

test("a page that shows what there is stays as it is, however long", () => {
  assert.equal(isStale(shown, [run({ progress: 0.9, words: "almost" })], 1e9), false);
});

test("a run that begins, ends, comes or goes is shown at once", () => {
  assert.ok(isStale(shown, [run({ state: "finishing" })], 0));
  assert.ok(isStale(shown, [], 0));
  assert.ok(isStale(shown, [run(), run({ name: "another" })], 0));
  assert.ok(isStale(shown, [run({ name: "another" })], 0));
});

test("charts that have grown wait for their turn, and only those that are open count", () => {
  assert.equal(isStale(shown, [run({ change: "2" })], CHARTS_REST - 1), false);
  assert.ok(isStale(shown, [run({ change: "2" })], CHARTS_REST));
  const two = { ...shown, states: { mine: "training", other: "finished" } };
  assert.equal(isStale(two, [run(), run({ name: "other", state: "finished", change: "9" })], 1e9), false);
});

/** Lets what has been promised happen, and no time pass. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test("one question a second for all who listen, none when nobody does or the page is out of sight", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  let show: () => void = () => undefined;
  let visible = Promise.resolve();
  const poll = new RunsPoll(async () => {
    asked += 1;
    if (asked === 2) throw new Error("no answer");
    return [run({ words: String(asked) })];
  }, () => visible);
  const heard: string[] = [];
  const [first, second] = [new AbortController(), new AbortController()];
  for (const { signal } of [first, second]) poll.listen(([now]) => heard.push(now!.words), signal);
  await settle();
  assert.deepEqual(heard, ["1", "1"]);
  mock.timers.tick(999);
  await settle();
  assert.equal(asked, 1);
  mock.timers.tick(1);
  await settle();
  assert.equal(asked, 2); // unanswered, and asked again
  first.abort();
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(heard, ["1", "1", "3"]);
  visible = new Promise((resolve) => (show = resolve));
  mock.timers.tick(60_000);
  await settle();
  assert.equal(asked, 3);
  show();
  await settle();
  assert.equal(asked, 4);
  second.abort();
  mock.timers.tick(1000);
  await settle();
  assert.equal(asked, 4);
  mock.timers.reset();
});
