import assert from "node:assert/strict";
import { test } from "node:test";
import { gatheredWords, type Stand, standWords, throughWords } from "../src/compare/words";

const STAND: Stand = { letter: "A", onImage: false, far: false, image: { place: 4710, className: "7" }, following: ["B"], apart: [] };

test("on an image each model is said to show its own reconstruction", () => {
  assert.equal(standWords({ ...STAND, onImage: true }), "On image 4,711 (7): each model shows its own reconstruction of it.");
  assert.equal(standWords({ ...STAND, onImage: true, following: [] }), "On image 4,711 (7): A shows its reconstruction of it.");
});

test("between images nobody is said to be at the same place", () => {
  const words = standWords({ ...STAND, following: ["B", "C"], far: true });
  assert.match(words, /^Between images A decodes the place under the hand\. No such place is the same in two models: B and C show their reconstruction of the nearest, image 4,711 \(7\)\./);
  assert.match(words, /No data are near/);
});

test("who does not follow is named with the reason", () => {
  const apart = [{ letter: "B", why: "other data" }, { letter: "C", why: "unnamed" }, { letter: "D", why: "not shown" }] as const;
  const words = standWords({ ...STAND, following: [], apart });
  assert.match(words, /B learned other images and has a probe of its own\./);
  assert.match(words, /Which images A and C show is not known to all of these maps: draw them anew/);
  assert.match(words, /not on the map of D\./);
});

test("an image without a place or a class is an image all the same", () => {
  const draw = { place: 4, className: "", decoded: "draw" } as const;
  assert.equal(standWords({ ...STAND, onImage: true, following: [], image: draw }), "On draw 5: A shows its image of it.");
  assert.match(standWords({ ...STAND, onImage: true, image: { place: null, className: "" } }), /^On image: /);
});

test("what was gathered is counted on every map", () => {
  assert.equal(gatheredWords("A", { A: 1 }), "1 image gathered on A.");
  assert.equal(gatheredWords("B", { A: 1200, B: 1200, C: 1200 }), "1,200 images gathered on B; the same images are lit on A and C.");
  assert.equal(gatheredWords("A", { A: 12, B: 7 }), "12 images gathered on A; the same images are lit elsewhere: 7 of them on B.");
});

test("as many images are said to go through the models as there are", () => {
  assert.equal(throughWords(8, ["A", "B"]), "The same eight images through each");
  assert.equal(throughWords(6, ["A", "B", "C"]), "The same six images through each");
  assert.equal(throughWords(1, ["A", "B"]), "The same image through each");
  assert.equal(throughWords(6, ["A"]), "Six images through A");
  assert.equal(throughWords(1, ["B"]), "One image through B");
  assert.equal(throughWords(0, ["A", "B"]), "No images through A and B");
});
