import { Failure } from "../base/failure";

/** The shortest module there is, of no more than its head. */
const SHORTEST = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Throws a Failure where the page's content security policy forbids WebAssembly: the runtime's own words name no remedy. */
export function checkPolicy(): void {
  if (typeof WebAssembly === "undefined") return; // the runtime says so itself
  try {
    new WebAssembly.Module(SHORTEST);
  } catch {
    throw new Failure(
      "This page may not decode images.",
      "Its content security policy forbids WebAssembly.",
      "Whoever runs the server lets it by adding 'wasm-unsafe-eval' to the policy's script-src.",
    );
  }
}
