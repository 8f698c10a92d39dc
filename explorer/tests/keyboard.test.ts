import assert from "node:assert/strict";
import { test } from "node:test";
import { Underway } from "../src/base/underway";
import { listenToKeys } from "../src/map/keyboard";
import { Surface } from "./surface";

function watched(): { surface: Surface; underway: Underway; told: string[] } {
  const surface = new Surface();
  const underway = new Underway();
  const told: string[] = [];
  const handlers = {
    nudge: (right: number, up: number) => told.push(`${right} ${up}`),
    settle: () => told.push("settle"),
    revert: () => told.push("revert"),
    zoom: () => told.push("zoom"),
    fit: () => told.push("fit"),
    clear: () => told.push("clear"),
  };
  listenToKeys(surface.element, handlers, underway, new AbortController().signal);
  return { surface, underway, told };
}

test("a held arrow is one step, however often it repeats, and so are two at once", () => {
  const { surface, told } = watched();
  for (let repeat = 0; repeat < 3; repeat++) surface.key("keydown", "ArrowLeft");
  surface.key("keydown", "ArrowUp", { shiftKey: true });
  surface.key("keyup", "ArrowLeft");
  surface.key("keydown", "ArrowUp", { shiftKey: true });
  assert.deepEqual(told, ["-1 0", "-1 0", "-1 0", "0 10", "0 10"]);
  surface.key("keyup", "ArrowUp");
  assert.equal(told.at(-1), "settle");
  surface.key("keyup", "ArrowUp");
  assert.equal(told.filter((line) => line === "settle").length, 1);
});

test("where the focus goes elsewhere under a held arrow, what it moved is a step all the same", () => {
  const { surface, told } = watched();
  surface.key("keydown", "ArrowRight");
  surface.send("blur");
  surface.key("keyup", "ArrowRight");
  assert.deepEqual(told, ["1 0", "settle"]);
});

test("arrows that belong to the browser leave nothing, and neither does Tab", () => {
  const { surface, told } = watched();
  for (const modifier of ["altKey", "ctrlKey", "metaKey"]) {
    surface.key("keydown", "ArrowLeft", { [modifier]: true });
    surface.key("keyup", "ArrowLeft", { [modifier]: true });
  }
  surface.key("keyup", "Tab");
  surface.send("blur");
  assert.deepEqual(told, []);
});

test("a Mac does not tell of an arrow let go under ⌘: the step ends with ⌘", () => {
  const { surface, told } = watched();
  surface.key("keydown", "ArrowLeft");
  surface.key("keydown", "Meta", { metaKey: true });
  surface.key("keyup", "Meta");
  assert.deepEqual(told, ["-1 0", "settle"]);
});

test("Esc takes back what is underway, here or in another hand, before it clears", () => {
  const { surface, underway, told } = watched();
  surface.key("keydown", "ArrowLeft");
  surface.key("keydown", "Escape");
  surface.key("keyup", "ArrowLeft");
  assert.deepEqual(told, ["-1 0", "revert"]);
  underway.begin({ commit: () => told.push("kept"), cancel: () => told.push("dropped") });
  surface.key("keydown", "Escape");
  surface.key("keydown", "Escape");
  assert.deepEqual(told.slice(2), ["dropped", "clear"]);
});

test("an arrow takes over from another hand, whose change stays", () => {
  const { surface, underway, told } = watched();
  underway.begin({ commit: () => told.push("kept"), cancel: () => told.push("dropped") });
  surface.key("keydown", "ArrowLeft");
  assert.deepEqual(told, ["kept", "-1 0"]);
});
