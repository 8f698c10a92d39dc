import type { Position } from "../base/geometry";
import type { Decoded, Encoded, Engine, EngineSource, Wish } from "./engine";

/** What a worker can be asked to do: an engine's methods by name, with their one argument. */
export type Task =
  | { readonly kind: "warm" }
  | { readonly kind: "decode"; readonly argument: Wish }
  | { readonly kind: Exclude<keyof Engine, "decode">; readonly argument: Float32Array };

/** Every call names its model, so that one worker serves all of them. */
export interface Call {
  readonly id: number;
  readonly source: EngineSource;
  readonly task: Task;
}

export type Answer =
  | { readonly id: number; readonly value: Decoded | Encoded | Position | Float32Array | null }
  | { readonly id: number; readonly error: string };
