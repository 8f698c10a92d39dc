import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../src/state/history";
import { INITIAL, type Pin, type State } from "../src/state/state";

const pin = (id: string): Pin => ({ id, name: id, latent: new Float32Array(2) });
const idsOf = (history: History<State>): string[] => history.state.pins.map(({ id }) => id);

test("steps are taken back and forth, and a new one ends what could be redone", () => {
  const told: boolean[] = [];
  const history = new History(INITIAL);
  history.listen((_state, _before, travelled) => told.push(travelled));
  history.commit({ pins: [pin("a")] });
  history.commit({ pins: [pin("a"), pin("b")] });
  history.undo();
  assert.deepEqual(idsOf(history), ["a"]);
  history.redo();
  assert.deepEqual(idsOf(history), ["a", "b"]);
  history.undo();
  history.undo();
  history.undo();
  assert.deepEqual(idsOf(history), []);
  assert.equal(history.canUndo, false);
  history.commit({ pins: [pin("c")] });
  assert.equal(history.canRedo, false);
  assert.deepEqual(told, [false, false, true, true, true, true, false]);
});

test("what was there before any step is there in every state", () => {
  const history = new History(INITIAL);
  history.commit({ pins: [pin("a")] });
  history.commit({ colorBy: { kind: "kl" } });
  history.undo();
  history.amendAll(({ pins }) => ({ pins: [pin("kept"), ...pins] }));
  assert.deepEqual(idsOf(history), ["kept", "a"]);
  history.redo();
  assert.deepEqual(idsOf(history), ["kept", "a"]);
  history.undo();
  history.undo();
  assert.deepEqual(idsOf(history), ["kept"]);
  assert.equal(history.canUndo, false);
});

test("what has asked for some changes is told of those alone, in the order of asking", () => {
  const history = new History(INITIAL);
  const told: string[] = [];
  history.on(["pins"], () => told.push("pins"));
  history.listen(() => told.push("any"));
  history.on(["colorBy", "method"], ({ colorBy }, before) => told.push(`${before.colorBy.kind} to ${colorBy.kind}`));
  history.commit({ colorBy: { kind: "kl" } });
  history.commit({ pins: [pin("a")] });
  history.undo();
  history.amend({ hidden: new Set([1]) });
  assert.deepEqual(told, ["any", "class to kl", "pins", "any", "pins", "any", "any"]);
});

test("what changes nothing is no step, and leaves what could be redone", () => {
  const history = new History(INITIAL);
  history.commit({ colorBy: { kind: "kl" } });
  history.undo();
  history.commit({ colorBy: INITIAL.colorBy, hidden: INITIAL.hidden });
  history.preview({ colorBy: { kind: "density" } });
  history.preview({ colorBy: INITIAL.colorBy });
  history.keep();
  assert.deepEqual([history.canUndo, history.canRedo, history.state], [false, true, INITIAL]);
  history.redo();
  assert.equal(history.state.colorBy.kind, "kl");
});
