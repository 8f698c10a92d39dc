/** The parts of a link's text: what it says, and the bytes behind it. */
export function contentOf(text: string): { value: unknown[]; rest: readonly [lengths: unknown, bytes: Uint8Array] } {
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  const end = bytes.indexOf(0);
  const [value, lengths] = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as [unknown[], unknown];
  return { value, rest: [lengths, bytes.subarray(end + 1)] };
}

/** A link's text of such parts. */
export function textOf(value: unknown, [lengths, bytes]: readonly [unknown, Uint8Array]): string {
  return Buffer.concat([Buffer.from(JSON.stringify([value, lengths])), Uint8Array.of(0), bytes]).toString("base64url");
}
