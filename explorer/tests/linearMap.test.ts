import assert from "node:assert/strict";
import { test } from "node:test";
import { planeOfAxes } from "../src/plane/linearMap";
import { principalPlane } from "../src/plane/principalPlane";
import { normal } from "./random";

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);

/** Latents spread by 5, 3 and 1 along known directions round a known mean. */
const mean = [10, -20, 5, 0];
const directions = [[0.5, 0.5, -0.5, -0.5], [-0.5, 0.5, 0.5, -0.5], [0.5, 0.5, 0.5, 0.5]];
const spreads = [5, 3, 1];
const draw = normal(4);
const latents = Float32Array.from(
  Array.from({ length: 20000 }, () => {
    const draws = spreads.map((spread) => spread * draw());
    return mean.map((value, column) => draws.reduce((sum, along, which) => sum + along * directions[which]![column]!, value));
  }).flat(),
);
const plane = principalPlane(latents, 4);

test("the principal plane is where the latents vary most, its largest components positive", () => {
  const expected = [[0.5, 0.5, -0.5, -0.5], [-0.5, 0.5, 0.5, -0.5]];
  for (const axis of [0, 1]) {
    const direction = [...plane.basis.subarray(4 * axis, 4 * axis + 4)];
    const along = direction.reduce((sum, value, column) => sum + value * expected[axis]![column]!, 0);
    near(Math.abs(along), 1, 1e-3);
    near(Math.hypot(...direction), 1, 1e-6);
    assert.ok(direction.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best)) > 0);
  }
  near(plane.explained!, (25 + 9) / (25 + 9 + 1), 0.005);
  plane.offset.forEach((value, column) => near(value, mean[column]!, 0.1));
});

test("projections are centred, uncorrelated and spread as the latents are", () => {
  const points = plane.positionsOf(latents);
  const [xx, yy, xy] = [0, 1, 2].map((which) => {
    let sum = 0;
    for (let at = 0; at < points.length; at += 2) {
      sum += [points[at]! ** 2, points[at + 1]! ** 2, points[at]! * points[at + 1]!][which]!;
    }
    return sum / 20000;
  });
  near(Math.sqrt(xx!), 5, 0.1);
  near(Math.sqrt(yy!), 3, 0.06);
  near(xy!, 0, 1e-3);
});

test("through an anchor the plane gives the anchor's own latent there, and moves as the map does", () => {
  const latent = latents.slice(40, 44);
  const anchor = { position: plane.positionOf(latent), latent };
  assert.deepEqual(plane.latentAt(anchor.position, anchor), latent);
  const moved = plane.positionOf(plane.latentAt({ x: anchor.position.x + 2, y: anchor.position.y - 3 }, anchor));
  near(moved.x, anchor.position.x + 2, 1e-5);
  near(moved.y, anchor.position.y - 3, 1e-5);
  const [x, y] = plane.positionsOf(latent);
  near(x!, anchor.position.x, 1e-6);
  near(y!, anchor.position.y, 1e-6);
});

test("in 128 dimensions the two eigenvectors hold: the covariance only stretches them", () => {
  const columns = 128;
  const wide = Float32Array.from({ length: 400 * columns }, (_, slot) => draw() / (1 + (slot % columns) / 20));
  const { basis, offset, explained } = principalPlane(wide, columns);
  let whole = 0;
  for (let slot = 0; slot < wide.length; slot++) whole += (wide[slot]! - offset[slot % columns]!) ** 2 / 400;
  const held = [0, 1].map((axis) => {
    const direction = basis.subarray(axis * columns, (axis + 1) * columns);
    const stretched = new Float64Array(columns);
    for (let row = 0; row < 400; row++) {
      const centred = Array.from(offset, (value, column) => wide[row * columns + column]! - value);
      const along = centred.reduce((sum, value, column) => sum + value * direction[column]!, 0);
      centred.forEach((value, column) => (stretched[column]! += (along * value) / 400));
    }
    const eigenvalue = Math.hypot(...stretched);
    stretched.forEach((value, column) => near(value, eigenvalue * direction[column]!, 1e-4 * eigenvalue));
    return eigenvalue;
  });
  assert.ok(held[0]! > held[1]!);
  near(explained!, (held[0]! + held[1]!) / whole, 1e-5);
});

test("latents that are all the same have a plane that explains nothing", () => {
  const same = principalPlane(new Float32Array(30).fill(2), 3);
  assert.equal(same.explained, null);
  assert.deepEqual([...same.positionsOf(Float32Array.of(2, 2, 2))], [0, 0]);
});

test("the plane of two axes reads them off and leaves the others alone", () => {
  const axes = planeOfAxes([2, 0], Float32Array.of(7, 8, 9));
  assert.deepEqual(axes.positionOf(Float32Array.of(1, 2, 3)), { x: 3, y: 1 });
  assert.deepEqual([...axes.positionsOf(Float32Array.of(1, 2, 3, 4, 5, 6))], [3, 1, 6, 4]);
  const anchor = { position: { x: 3, y: 1 }, latent: Float32Array.of(1, 2, 3) };
  assert.deepEqual([...axes.latentAt({ x: 5, y: 0 }, anchor)], [0, 2, 5]);
  assert.equal(axes.explained, null);
});
