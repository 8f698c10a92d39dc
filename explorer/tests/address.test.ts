import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { inFragment, inQuery } from "../src/state/address";

const visit = (href: string): void => void Object.assign(globalThis, { location: new URL(href) });

afterEach(() => void Reflect.deleteProperty(globalThis, "location"));

test("a fragment holds what the query says nothing of", () => {
  visit("http://host/people/site/?model=query#model=a%20b&page=explore&model=second");
  assert.equal(inFragment.get("model"), "a b");
  assert.equal(inFragment.get("at"), null);
  assert.equal(inQuery.get("model"), "query");
  const next = new URL(inFragment.with({ model: "a&b", at: "x_y-z" }));
  assert.equal(next.pathname + next.search, "/people/site/?model=query");
  assert.deepEqual([...new URLSearchParams(next.hash.slice(1))], [["model", "a&b"], ["page", "explore"], ["at", "x_y-z"]]);
});

test("a query is changed where it stands", () => {
  visit("http://host/interpolate?model=a&x=1#there");
  assert.equal(inQuery.with({ scene: "s" }), "http://host/interpolate?model=a&x=1&scene=s#there");
});
