import type { Manifest } from "../model/manifest";
import { newId } from "../page/ids";
import { keepText, keptText } from "../page/keptText";
import type { Pin } from "../state/state";

export const MOST_PINS = 24;

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly latent: readonly number[];
}

/** Pins are worth nothing under another decoder: its file's name, which carries its hash, is part of the key. */
const keyOf = ({ name, files }: Manifest): string => `latent-explorer/pins/${name}/${files.decoder.path}`;

/** The tray of one model in this browser: it outlives the page, and other tabs put in and take out. */
export class TrayStorage {
  private readonly key: string;
  private readonly dimensions: number;
  /** What this tab last read or wanted kept: whatever else is kept, or no longer is, has been done elsewhere. */
  private known: readonly Pin[] = [];

  constructor(manifest: Manifest) {
    this.key = keyOf(manifest);
    this.dimensions = manifest.model.latent_dim;
  }

  /** What is kept; nothing where it is damaged. */
  read(): readonly Pin[] {
    return (this.known = this.stored());
  }

  /** Keeps the pins beside what other tabs have done since, which `watch` tells of; false if they end with the page. */
  write(pins: readonly Pin[]): boolean {
    const kept = merged(this.known, this.stored(), pins);
    this.known = pins;
    return keepText(this.key, JSON.stringify(kept.map((pin) => ({ ...pin, latent: [...pin.latent] }))));
  }

  /** Tells of what another tab does: how a tray that this one knows, now or in a step taken back, is to follow. */
  watch(onChange: (follow: (pins: readonly Pin[]) => readonly Pin[]) => void, signal: AbortSignal): void {
    const hear = (event: StorageEvent): void => {
      // Without a key everything has been cleared.
      if (event.key !== this.key && event.key !== null) return;
      const before = this.known;
      const now = this.read();
      onChange((pins) => merged(before, now, pins));
    };
    window.addEventListener("storage", hear, { signal });
  }

  private stored(): readonly Pin[] {
    try {
      const stored: unknown = JSON.parse(keptText(this.key) ?? "[]");
      const pins = Array.isArray(stored) ? stored.filter((pin) => this.isPin(pin)) : [];
      return pins.slice(0, MOST_PINS).map((pin) => ({ ...pin, latent: Float32Array.from(pin.latent) }));
    } catch {
      return [];
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

/** Another pin for these, under a name that none of them has; null where they are as many as there may be. */
export function newPin(pins: readonly Pin[], latent: Float32Array, name: string): Pin | null {
  if (pins.length >= MOST_PINS) return null;
  return { id: newId(), name: unused(name, pins), latent: latent.slice() };
}

function unused(name: string, pins: readonly Pin[]): string {
  const taken = new Set(pins.map((pin) => pin.name));
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name} ${number}`)) number++;
  return `${name} ${number}`;
}

/** Joins what two tabs have made of the same pins: additions and removals of both; the order and names of `ours` where it has changed them. */
export function merged(base: readonly Pin[], theirs: readonly Pin[], ours: readonly Pin[]): readonly Pin[] {
  const byId = (pins: readonly Pin[]): Map<string, Pin> => new Map(pins.map((pin) => [pin.id, pin]));
  const [before, elsewhere, here] = [byId(base), byId(theirs), byId(ours)];
  const stays = ({ id }: Pin): boolean => elsewhere.has(id) || !before.has(id);
  const named = (pin: Pin): Pin => {
    const name = elsewhere.get(pin.id)?.name ?? pin.name;
    return pin.name === before.get(pin.id)?.name && name !== pin.name ? { ...pin, name } : pin;
  };
  const orderOf = (pins: readonly Pin[]): string => pins.filter(({ id }) => before.has(id) && here.has(id)).map(({ id }) => id).join();
  const kept = ours.filter(stays).map(named);
  const added = theirs.filter(({ id }) => !before.has(id) && !here.has(id));
  if (orderOf(base) !== orderOf(ours)) return [...kept, ...added];
  const keptById = byId(kept);
  const inTheirOrder = theirs.flatMap((pin) => keptById.get(pin.id) ?? added.find(({ id }) => id === pin.id) ?? []);
  return [...inTheirOrder, ...kept.filter(({ id }) => !elsewhere.has(id))];
}
