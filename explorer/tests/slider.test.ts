import assert from "node:assert/strict";
import { test } from "node:test";
import { Underway } from "../src/base/underway";
import { Slider } from "../src/page/slider";
import { History } from "../src/state/history";
import { Surface } from "./surface";

/** A range input, and a hand on it. */
class Handle extends Surface {
  value = "24";

  move(value: number): void {
    this.value = String(value);
    this.send("input");
  }
}

interface Choices {
  readonly frames: number;
  readonly stops: string;
}

/** A slider that sets `frames`, as the page of paths has it. */
function framesSlider(): { handle: Handle; history: History<Choices>; slider: Slider; underway: Underway } {
  const handle = new Handle();
  const underway = new Underway();
  const history = new History<Choices>({ frames: 24, stops: "ABC" });
  history.on(["frames"], ({ frames }) => (slider.value = String(frames)));
  const slider = new Slider(
    handle.element as HTMLInputElement,
    { preview: (frames) => history.preview({ frames }), commit: () => history.keep(), cancel: () => history.revert() },
    underway,
  );
  return { handle, history, slider, underway };
}

test("a drag is one step, which leads back to where the handle was taken", () => {
  const { handle, history } = framesSlider();
  handle.send("pointerdown");
  for (const frames of [25, 30, 40]) handle.move(frames);
  assert.deepEqual([history.state.frames, history.canUndo], [40, false]);
  handle.send("pointerup");
  handle.send("change");
  assert.deepEqual([history.state.frames, history.canUndo], [40, true]);
  history.undo();
  assert.deepEqual([history.state.frames, history.canUndo, handle.value], [24, false, "24"]);
});

test("a handle let go where it began is no step, and leaves nothing for the next one to fall over", () => {
  const { handle, history } = framesSlider();
  handle.send("pointerdown");
  handle.move(40);
  handle.move(24);
  handle.send("pointerup"); // and no change: the value is what it was
  assert.equal(history.canUndo, false);
  history.commit({ stops: "ADC" });
  handle.send("pointerdown");
  handle.move(30);
  handle.send("pointerup");
  assert.deepEqual(history.state, { frames: 30, stops: "ADC" });
  history.undo();
  assert.deepEqual(history.state, { frames: 24, stops: "ADC" });
});

test("a step that comes from elsewhere takes what the handle has done along", () => {
  const { handle, history } = framesSlider();
  handle.send("pointerdown");
  handle.move(40);
  history.commit({ stops: "ADC" });
  handle.send("pointerup");
  assert.deepEqual(history.state, { frames: 40, stops: "ADC" });
  history.undo();
  assert.deepEqual([history.state, history.canUndo], [{ frames: 24, stops: "ABC" }, false]);
});

test("a held key is one step, when it is let go or the focus is", () => {
  for (const end of ["keyup", "blur"]) {
    const { handle, history } = framesSlider();
    for (const frames of [25, 26, 27]) {
      handle.key("keydown", "ArrowRight");
      handle.move(frames);
      handle.send("change");
    }
    assert.equal(history.canUndo, false);
    handle.send(end, { key: "ArrowRight" });
    assert.equal(history.state.frames, 27);
    history.undo();
    assert.deepEqual([history.state.frames, history.canUndo], [24, false]);
  }
});

test("Esc and undo take a drag back, and what the hand does then counts for nothing until it lets go", () => {
  for (const end of ["Esc", "undo"]) {
    const { handle, history, underway } = framesSlider();
    history.commit({ stops: "ADC" });
    handle.send("pointerdown");
    handle.move(40);
    if (end === "Esc") handle.key("keydown", "Escape");
    else underway.cancel();
    handle.key("keyup", end === "Esc" ? "Escape" : "z");
    assert.deepEqual([history.state, handle.value], [{ frames: 24, stops: "ADC" }, "24"]);
    handle.move(50);
    assert.deepEqual([history.state.frames, handle.value], [24, "24"]);
    handle.send("pointerup");
    handle.move(60);
    handle.send("change");
    assert.equal(history.state.frames, 60);
  }
});

test("a finger that turns out to scroll has moved nothing", () => {
  const { handle, history } = framesSlider();
  handle.send("pointerdown");
  handle.move(26);
  handle.send("pointercancel");
  assert.deepEqual([history.state.frames, history.canUndo], [24, false]);
});

test("a value that comes from elsewhere is where the next drag begins, but does not disturb one", () => {
  const { handle, history, slider } = framesSlider();
  history.commit({ frames: 12 });
  handle.move(13);
  slider.value = "13"; // shown back to the hand that made it
  handle.move(12);
  handle.send("pointerup");
  history.undo();
  assert.deepEqual([history.state.frames, history.canUndo], [24, false]);
});
