/** A name that nothing else has. `crypto.randomUUID` would do, but is missing on plain http under any name but localhost. */
export const newId = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
