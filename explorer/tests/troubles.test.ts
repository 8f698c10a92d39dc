import assert from "node:assert/strict";
import { test } from "node:test";
import { Troubles } from "../src/page/troubles";

function watched(): { troubles: Troubles; said: string[]; ended: unknown[] } {
  const said: string[] = [];
  const ended: unknown[] = [];
  return { troubles: new Troubles((words) => said.push(words), (error) => ended.push(error)), said, ended };
}

test("one failure is words, three in a row are the end, and an image in between begins anew", () => {
  const { troubles, said, ended } = watched();
  troubles.passed();
  assert.deepEqual([troubles.failed(new Error("a")), troubles.failed(new Error("b"))], [true, true]);
  troubles.passed();
  assert.deepEqual([troubles.failed(new Error("c")), troubles.failed(new Error("d")), troubles.failed(new Error("e"))], [true, true, false]);
  assert.deepEqual(said.map((words) => /decoded\. (.)/.exec(words)?.[1]), ["a", "b", "c", "d"]);
  assert.deepEqual(ended.map(String), ["Error: e"]);
});

test("before there is any image the first failure is the end", () => {
  for (const fail of ["failed", "aside"] as const) {
    const { troubles, said, ended } = watched();
    troubles[fail](new Error("the decoder is damaged"));
    assert.deepEqual([said.length, ended.length], [0, 1]);
  }
});

test("what fails beside the image never ends the page", () => {
  const { troubles, said, ended } = watched();
  troubles.passed();
  for (let times = 0; times < 9; times++) troubles.aside(new Error("no colours"));
  assert.deepEqual([said.length, ended.length], [9, 0]);
});
