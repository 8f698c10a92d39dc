import { Failure } from "../base/failure";

export interface Expected {
  /** Length in bytes after any content encoding has been undone. */
  readonly bytes?: number;
  readonly signal?: AbortSignal;
  /** Told of every piece that arrives. */
  readonly onBytes?: (count: number) => void;
}

const fileName = (url: string): string => new URL(url).pathname.split("/").pop() ?? url;

async function open(url: string, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(
      `${fileName(url)} could not be fetched.`,
      "The server did not answer.",
      "Check that it is running and that you are online, then reload the page.",
    );
  }
  if (!response.ok) {
    throw new Failure(
      `${fileName(url)} could not be fetched.`,
      `The server answered ${response.status}${response.statusText ? ` (${response.statusText})` : ""}.`,
      "The model may have been deleted or exported again: reload the page, or choose another model.",
    );
  }
  // A server that does not know a path may well answer 200 with its own front page.
  if (response.headers.get("content-type")?.includes("text/html")) {
    throw new Failure(
      `${fileName(url)} could not be fetched.`,
      "The server answered with a web page in its place.",
      "Start the app with `streamlit run app.py`, which serves the explorer's files, then reload the page.",
    );
  }
  return response;
}

/** The bytes of a file, complete as announced, or a Failure that says what is wrong with it. */
export async function fetchBytes(url: string, expected: Expected = {}): Promise<ArrayBuffer> {
  const response = await open(url, expected.signal);
  const reader = response.body?.getReader();
  if (!reader) return response.arrayBuffer();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.length;
    expected.onBytes?.(value.length);
  }
  if (expected.bytes !== undefined && length !== expected.bytes) {
    throw new Failure(
      `${fileName(url)} is not whole.`,
      `It has ${length.toLocaleString("en")} bytes; the manifest says ${expected.bytes.toLocaleString("en")}.`,
      "Reload the page; if it happens again, export the model's explorer files once more.",
    );
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole.buffer;
}

export async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await open(url, signal);
  try {
    return (await response.json()) as unknown;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Failure(`${fileName(url)} is damaged.`, "It is not valid JSON.", "Export the model's explorer files again.");
  }
}
