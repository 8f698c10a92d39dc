import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePlace, encodePlace, type SharedPlace } from "../src/page/link";
import { normal, random } from "./random";

const draw = normal(6);
const place: SharedPlace = {
  model: "00c0ffee",
  latent: Float32Array.from({ length: 16 }, draw),
  position: { x: Math.fround(1.2345678), y: -7.5 },
  point: 69999,
  view: { x: Math.fround(0.1), y: 0, zoom: 400 },
  method: "axes 3,5",
};
const bytesOf = (text: string): Buffer => Buffer.from(text, "base64url");
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

test("what goes in comes out to the last bit", () => {
  assert.deepEqual(decodePlace(encodePlace(place)), place);
  for (const changed of [{ point: null }, { point: 0 }, { method: "" }, { latent: new Float32Array(0) }, { model: "ffffffff" }]) {
    assert.deepEqual(decodePlace(encodePlace({ ...place, ...changed })), { ...place, ...changed });
  }
  const wide = { ...place, latent: Float32Array.from({ length: 128 }, () => draw() * 1e-30) };
  assert.deepEqual(decodePlace(encodePlace(wide)), wide);
});

test("positions are kept as float32, and that place's link is the same link", () => {
  const text = encodePlace({ ...place, position: { x: 0.1, y: 1 / 3 } });
  const found = decodePlace(text)!;
  assert.deepEqual(found.position, { x: Math.fround(0.1), y: Math.fround(1 / 3) });
  assert.equal(encodePlace(found), text);
});

test("it needs no escaping in a URL", () => {
  for (let trial = 0; trial < 50; trial++) {
    assert.match(encodePlace({ ...place, latent: Float32Array.from({ length: trial % 9 }, draw) }), /^[A-Za-z0-9_-]+$/);
  }
});

test("whatever is cut off, added or not a link at all is null", () => {
  const text = encodePlace(place);
  for (let length = 0; length < text.length; length++) assert.equal(decodePlace(text.slice(0, length)), null);
  for (const bad of ["", "=", " ", "A", "ä", "../..", `${text}A`, `${text}AAAA`, `${text}=`, text.replace(/.$/, "!"), "null"]) {
    assert.equal(decodePlace(bad), null);
  }
  const next = random(8);
  for (let trial = 0; trial < 500; trial++) {
    assert.equal(decodePlace(textOf(Uint8Array.from({ length: Math.floor(next() * 150) }, () => 2 + next() * 254))), null);
  }
});

test("another version is null", () => {
  const bytes = bytesOf(encodePlace(place));
  bytes[0] = 2;
  assert.equal(decodePlace(textOf(bytes)), null);
});

test("numbers that no place can have are null", () => {
  const bad: readonly Partial<SharedPlace>[] = [
    { latent: Float32Array.of(1, NaN) },
    { latent: Float32Array.of(Infinity) },
    { position: { x: NaN, y: 0 } },
    { position: { x: 0, y: 1e39 } },
    { view: { x: -Infinity, y: 0, zoom: 1 } },
    { view: { x: 0, y: 0, zoom: 0 } },
    { view: { x: 0, y: 0, zoom: -1 } },
  ];
  for (const changed of bad) assert.equal(decodePlace(encodePlace({ ...place, ...changed })), null);
});

test("letters that no method has are null", () => {
  const bytes = bytesOf(encodePlace(place));
  bytes[bytes.indexOf("axes")] = 7;
  assert.equal(decodePlace(textOf(bytes)), null);
});
