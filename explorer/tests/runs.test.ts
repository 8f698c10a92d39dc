import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { type RunNow, RunsPoll } from "../src/runs/poll";
import { isStale } from "../src/runs/staleness";

const run = (changes: Partial<RunNow> = {}): RunNow => ({ name: "mine", title: "mine", state: "training", actions: ["pause"], finding: null, change: "1", words: "", progress: 0.5, ...changes });
const shown = { mine: { state: "training", actions: ["pause"], finding: null } };

test("a run that goes on is no news", () => {
  assert.equal(isStale(shown, [run({ progress: 0.9, words: "almost", change: "2" })]), false);
});

test("a run that begins, ends, comes or goes is", () => {
  assert.ok(isStale(shown, [run({ actions: ["pause", "keep"] })]));
  assert.ok(isStale(shown, [run({ state: "finishing" })]));
  assert.ok(isStale(shown, [run({ finding: "collapsed" })]));
  assert.ok(isStale(shown, []));
  assert.ok(isStale(shown, [run(), run({ name: "another" })]));
  assert.ok(isStale(shown, [run({ name: "another" })]));
});

/** Lets what has been promised happen, and no time pass. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test("one question for all who listen, none when nobody does or the page is out of sight", async () => {
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
  mock.timers.tick(1999);
  await settle();
  assert.equal(asked, 1);
  mock.timers.tick(1);
  await settle();
  assert.equal(asked, 2); // unanswered, and asked again
  first.abort();
  mock.timers.tick(2000);
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
  mock.timers.tick(2000);
  await settle();
  assert.equal(asked, 4);
  mock.timers.reset();
});
