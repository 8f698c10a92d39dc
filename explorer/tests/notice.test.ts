import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Notice } from "../src/page/notice";

test("a notice is said, goes by itself, and is said anew though the words are the same", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const said: string[] = [];
  const root = { setAttribute: () => undefined, append: () => undefined, set textContent(words: string) { said.push(words); } };
  Object.assign(globalThis, { document: { createElement: () => root } });
  const notice = new Notice();
  notice.say("Pinned");
  mock.timers.tick(1000);
  notice.say("Pinned");
  mock.timers.tick(1000);
  assert.deepEqual(said, ["", "Pinned", "", "Pinned"]);
  mock.timers.tick(60_000);
  assert.deepEqual(said.slice(4), [""]);
});
