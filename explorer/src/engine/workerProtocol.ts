import type { LinearMap } from "../plane/linearMap";
import type { Encoded, Engine, EngineSource } from "./engine";

/** What a worker can be asked to do: to get ready, or an engine's methods by name with their one argument. */
export type Task = { readonly kind: "warm" } | { readonly kind: keyof Engine; readonly argument: Float32Array };

/** Every call names its model, so that one worker serves all of them. */
export interface Call {
  readonly id: number;
  readonly source: EngineSource;
  readonly task: Task;
}

export type Answer =
  | { readonly id: number; readonly value: Encoded | Float32Array | null }
  | { readonly id: number; readonly error: string };

/** Asks for the plane of the principal components of latents, (n, columns). */
export interface LayoutCall {
  readonly latents: Float32Array;
  readonly columns: number;
}

export type LayoutAnswer = Pick<LinearMap, "offset" | "basis" | "explained">;
