/** One draw from N(0, 1), by the transform of Box and Muller. */
export function standardNormal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
