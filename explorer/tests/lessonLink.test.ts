import assert from "node:assert/strict";
import { test } from "node:test";
import { LessonLink } from "../src/learn/link";
import type { Address } from "../src/state/address";
import { encodeText } from "../src/state/codec";

/** An address that is not that of a window. */
function address(query = ""): Address {
  const url = new URL(`https://example.org/learn${query}`);
  return {
    get: (parameter) => url.searchParams.get(parameter),
    with(changes) {
      const next = new URL(url);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) next.searchParams.delete(name);
        else next.searchParams.set(name, value);
      }
      return next.href;
    },
  };
}

const BOUND = { number: 1, slug: "bound", title: "" };
const MIXTURES = { number: 2, slug: "mixtures", title: "" };
const queryOf = (link: string): string => new URL(link).search;

test("a link opens its lesson with its state, and no other lesson's", () => {
  const link = new LessonLink(address(queryOf(new LessonLink(address("?other=1")).to(BOUND, { mean: 0.25 }))));
  assert.equal(link.lesson, 1);
  assert.deepEqual(link.state(BOUND), { mean: 0.25 });
  assert.equal(link.state(MIXTURES), undefined);
  assert.equal(queryOf(link.to(MIXTURES)), "?other=1&lesson=2");
});

test("an address that names no lesson or no state says so", () => {
  for (const query of ["", "?lesson=x", "?state=", "?lesson=&state=%00", `?state=${encodeText([99, "bound", {}], [])}`, `?state=${encodeText("bound", [])}`]) {
    const link = new LessonLink(address(query));
    assert.ok(Number.isNaN(link.lesson), query);
    assert.equal(link.state(BOUND), undefined, query);
  }
});

test("a state that is too long for a link is left out", () => {
  assert.equal(queryOf(new LessonLink(address()).to(BOUND, { drawn: "x".repeat(2000) })), "?lesson=1");
});
