/** Which frame is shown when: indices into the images; back and forth has the way back without the two ends. */
export function shownOrder(frames: number, repeat: string): readonly number[] {
  const there = Array.from({ length: frames }, (_, frame) => frame);
  return repeat === "ping-pong" ? [...there, ...there.slice(1, -1).reverse()] : there;
}

/** How many ticks of a clock each frame is shown: times are rounded and not durations, so that the whole is as long as it should be. */
export function ticksOf(shown: number, framesPerSecond: number, ticksPerSecond: number): readonly number[] {
  const at = (frame: number): number => Math.round((ticksPerSecond * frame) / framesPerSecond);
  return Array.from({ length: shown }, (_, frame) => at(frame + 1) - at(frame));
}
