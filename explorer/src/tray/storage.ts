import type { Pin } from "../state/state";

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly latent: readonly number[];
}

/** Pins are worth nothing under another decoder: its file's name, which carries its hash, is part of the key. */
const keyOf = (model: string, decoder: string): string => `latent-explorer/pins/${model}/${decoder}`;

/** The tray of one model in this browser: it outlives the page. */
export class TrayStorage {
  private readonly key: string;

  constructor(
    model: string,
    decoder: string,
    private readonly dimensions: number,
  ) {
    this.key = keyOf(model, decoder);
  }

  /** What was kept; nothing where the browser keeps nothing or what it kept is damaged. */
  read(): readonly Pin[] {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return Array.isArray(stored) ? stored.filter((pin) => this.isPin(pin)).map((pin) => ({ ...pin, latent: Float32Array.from(pin.latent) })) : [];
    } catch {
      return [];
    }
  }

  /** Tells whether the browser has kept them. */
  write(pins: readonly Pin[]): boolean {
    try {
      localStorage.setItem(this.key, JSON.stringify(pins.map((pin) => ({ ...pin, latent: [...pin.latent] }))));
      return true;
    } catch {
      return false;
    }
  }

  private isPin(value: unknown): value is Stored {
    if (typeof value !== "object" || value === null) return false;
    const { id, name, latent } = value as Record<string, unknown>;
    return (
      typeof id === "string" &&
      typeof name === "string" &&
      Array.isArray(latent) &&
      latent.length === this.dimensions &&
      latent.every((number) => Number.isFinite(number))
    );
  }
}
