import assert from "node:assert/strict";
import { test } from "node:test";
import { collapsedWords, dimensionWords } from "../src/model/dimensionWords";
import { manifestOf } from "./manifestOf";

const { latent } = manifestOf({ dimensions: 2 });
const told = { ...latent, kl_per_dimension: [2.5, 1], factors: [{ name: "x position", share: 0.634 }, null] };

test("a dimension that holds a factor is called by it", () => {
  assert.deepEqual(dimensionWords(told, 0), {
    symbol: "z₁",
    suffix: " · x position",
    spoken: "Latent dimension 1, x position",
    explained: "Tells 63 % of x position. KL 2.50 nats: how much this dimension says of an image",
  });
});

test("one that holds none keeps its number, as all do on maps that know no factors", () => {
  const { symbol, suffix, spoken, explained } = dimensionWords(told, 1);
  assert.deepEqual([symbol, suffix, spoken], ["z₂", "", "Latent dimension 2"]);
  assert.match(explained, /^KL 1.00 nats/);
  for (const none of [latent, { ...told, factors: null }]) assert.equal(dimensionWords(none, 0).spoken, "Latent dimension 1");
});

test("where nobody tells the posteriors, nothing is said of the KL", () => {
  const untold = { ...told, kl_per_dimension: null };
  assert.match(dimensionWords(untold, 1).explained, /^How much it says of an image is not known/);
  assert.match(dimensionWords(untold, 0).explained, /^Tells 63 % of x position\. How much/);
});

test("numbers of two digits are small ones too", () => {
  const kl_per_dimension = new Array<number>(12).fill(0);
  assert.equal(dimensionWords({ ...latent, kl_per_dimension }, 11).symbol, "z₁₂");
});

test("only of what costs no KL is it said that the prior has it", () => {
  const active = [true, false, false];
  const words = (...kl: number[]): string => collapsedWords({ ...latent, active, kl_per_dimension: kl });
  assert.match(words(3, 0.001, 0), /^The model learned not to use these: every image leaves them as the prior has them/);
  assert.match(words(3, 7.3, 2.1), /every image has almost the same value here, and another than the prior has/);
  assert.match(words(3, 7.3, 0), /every image has almost the same value here\. Where KL is 0, that is as the prior has it/);
  assert.match(collapsedWords({ ...latent, active, kl_per_dimension: null }), /every image has almost the same value here\.$/);
});

test("one collapsed dimension is spoken of as one", () => {
  const words = (kl_per_dimension: number[] | null): string => collapsedWords({ ...latent, active: [true, false], kl_per_dimension });
  assert.equal(words([3, 0]), "The model learned not to use it: every image leaves it as the prior has it, so moving it changes next to nothing.");
  for (const kl of [[3, 7], null]) assert.match(words(kl), /^It tells no image from another/);
});

test("a dimension that costs KL and tells no image from another is not said to say something", () => {
  const of = (kl: number): string => dimensionWords({ ...latent, active: [true, false], kl_per_dimension: [3, kl] }, 1).explained;
  assert.equal(of(7.3), "KL 7.30 nats, though every image has almost the same value here");
  assert.match(of(0), /^KL 0\.00 nats: how much/);
});
