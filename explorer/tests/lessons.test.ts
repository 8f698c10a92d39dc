import assert from "node:assert/strict";
import { test } from "node:test";
import { markup } from "../src/learn/formula";
import type { Block, LessonText } from "../src/learn/lesson";
import { LESSONS } from "../src/learn/lessons";
import { SYMBOLS } from "../src/learn/symbols";

/** Words that a student reads before the first thing moves. */
const MOST_WORDS = 150;

const wordsOf = (block: Block): string => (typeof block === "string" ? block : "note" in block ? block.note : "");

const formulasOf = (block: Block): readonly string[] =>
  typeof block === "object" && "formula" in block ? [block.formula] : wordsOf(block).split("$").filter((_, index) => index % 2 === 1);

/** Words in a text, its formulas left out. */
const count = (text: string): number => text.replace(/\$[^$]*\$/g, " ").split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

async function texts(): Promise<(readonly [string, LessonText])[]> {
  return Promise.all(LESSONS.map(async ({ slug, load }) => [slug, (await load()).text] as const));
}

const allOf = ({ question, blocks, tries, further }: LessonText): readonly Block[] => [question, ...blocks, ...tries, ...further];

test("lessons have numbers that rise and names of their own", () => {
  const numbers = LESSONS.map(({ number }) => number);
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assert.equal(new Set(LESSONS.map(({ slug }) => slug)).size, LESSONS.length);
});

test("what the list shows of a title is in it", () => {
  for (const { title, short } of LESSONS) assert.ok(title.includes(short), title);
});

test("a few words before the first thing moves", async () => {
  for (const [slug, { question, blocks }] of await texts()) {
    const words = [question, ...blocks.map(wordsOf)].reduce((sum, text) => sum + count(text), 0);
    assert.ok(words <= MOST_WORDS, `${slug}: ${words} words`);
  }
});

test("every formula can be typeset, with symbols that have a meaning", async () => {
  for (const [slug, text] of await texts()) {
    const formulas = allOf(text).flatMap(formulasOf);
    assert.ok(formulas.length > 0, slug);
    for (const formula of formulas) {
      const made = markup(formula);
      for (const [, name] of made.matchAll(/data-symbol="(\w+)"/g)) assert.ok(SYMBOLS[name!], `${slug}: ${name}`);
    }
  }
});

test("each symbol is typeset and explained", () => {
  for (const [name, { tex, meaning }] of Object.entries(SYMBOLS)) {
    assert.match(markup(`\\s{${name}}`), new RegExp(`data-symbol="${name}"`));
    assert.ok(tex !== "" && meaning.length > 10, name);
  }
});

test("every lesson says what to try, where the idea is at work, and what to read", async () => {
  for (const [slug, { tries, inThisApp, reading }] of await texts()) {
    assert.ok(tries.length > 0 && inThisApp.length > 0 && reading.length > 0, slug);
    for (const { address } of reading) assert.match(address, /^https:\/\//, slug);
    for (const { page, query } of inThisApp) assert.ok(/^\w+$/.test(page) && !query.startsWith("?"), slug);
  }
});
