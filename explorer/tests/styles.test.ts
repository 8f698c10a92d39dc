import assert from "node:assert/strict";
import { test } from "node:test";
import explorer from "../src/styles/explorer.css";
import learning from "../src/styles/learning.css";
import tokens from "../src/styles/tokens.css";
import training from "../src/styles/training.css";

interface Declaration {
  /** The at-rules round it, outermost first. */
  readonly within: readonly string[];
  readonly selector: string;
  readonly property: string;
}

/** Every declaration of a style sheet whose rules are not nested, as the build makes them. */
function declarations(sheet: string): Declaration[] {
  const found: Declaration[] = [];
  const open: string[] = [];
  for (const [, text, end] of sheet.matchAll(/((?:"[^"]*"|\([^()]*(?:\([^()]*\)[^()]*)*\)|[^{};"(])*)([{};]|$)/g)) {
    const words = text!.trim();
    if (end === "{") open.push(words);
    else if (words !== "" && !words.startsWith("@")) {
      const property = words.slice(0, words.indexOf(":"));
      const within = open.filter((rule) => rule.startsWith("@"));
      for (const selector of open.at(-1)!.split(/,(?![^(]*\))/)) found.push({ within, selector, property });
    }
    if (end === "}") open.pop();
  }
  return found;
}

const sheets = { explorer, training, learning };

test("every rule of ours is in one of three layers, the weakest first", () => {
  for (const sheet of Object.values(sheets)) {
    assert.ok(sheet.startsWith("@layer tokens,base,parts;"), sheet.slice(0, 60));
    const layers = declarations(sheet).map(({ within }) => within[0]);
    assert.ok(layers.length > 100);
    assert.deepEqual([...new Set(layers)], ["@layer tokens", "@layer base", "@layer parts"]);
  }
});

test("what things are made of is declared once", () => {
  const known = new Set(declarations(tokens).map(({ property }) => property));
  assert.ok(known.has("--muted") && known.has("--line") && known.has("--on-accent"));
  for (const sheet of Object.values(sheets)) {
    const again = declarations(sheet).filter(({ within, property }) => within[0] !== "@layer tokens" && known.has(property));
    assert.deepEqual(again, []);
  }
});

test("no rule undoes by its place what another of its layer says of the same thing", () => {
  for (const sheet of Object.values(sheets)) {
    const said = new Map<string, Set<string>>();
    for (const { within, selector, property } of declarations(sheet)) {
      const name = `${within[0]} ${selector} ${property}`;
      const conditions = said.get(name) ?? new Set();
      const condition = within.slice(1).join(" ");
      assert.ok(!conditions.has(condition) && !conditions.has("") && (condition !== "" || conditions.size === 0), `${name} ${condition}`);
      said.set(name, conditions.add(condition));
    }
  }
});
