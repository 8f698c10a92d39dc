import assert from "node:assert/strict";
import { test } from "node:test";
import { pointName, pointWords, tellsMeanAlone, tellsPosteriors } from "../src/model/pointWords";
import { manifestOf } from "./manifestOf";

const MODEL = manifestOf({ dimensions: 2 });

test("images are called so, and reconstructed", () => {
  assert.equal(pointName(MODEL, 1233), "image 1,234");
  assert.deepEqual([pointWords(MODEL).made, pointWords(MODEL).any], ["reconstructed", "any data"]);
  assert.ok(tellsPosteriors(MODEL));
  const { kl: _, ...files } = MODEL.files;
  assert.deepEqual([MODEL, { ...MODEL, files }].map(tellsMeanAlone), [false, true]);
});

test("what was only decoded is no image of anybody's", () => {
  const { kl: _, ...files } = MODEL.files;
  for (const [decoded, one] of [["draws", "draw"], ["latents", "latent"]] as const) {
    const made = { ...MODEL, data: { ...MODEL.data, decoded }, files };
    assert.equal(pointName(made, 0), `${one} 1`);
    assert.deepEqual([pointWords(made).made, pointWords(made).any], ["decoded", `any ${one}`]);
    assert.ok(!tellsPosteriors(made));
    assert.ok(!tellsMeanAlone(made), "which its map does not say");
  }
});
