import type { Manifest } from "../model/manifest";
import { newId } from "../page/ids";
import type { History } from "../state/history";
import type { Pin, State } from "../state/state";
import { saveLatents, saveSheet } from "./saving";
import { TrayStorage } from "./storage";
import { MOST_PINS, Tray } from "./tray";

export interface PinBoardHost {
  goTo(latent: Float32Array): void;
  /** Null while nothing can be decoded. */
  decode(latent: Float32Array): Promise<Float32Array> | null;
}

/** The tray with what fills it and what keeps it: every change is a step that can be taken back. */
export class PinBoard {
  readonly tray: Tray;
  private readonly storage: TrayStorage;
  private keeps = false;

  constructor(
    manifest: Manifest,
    private readonly history: History<State>,
    host: PinBoardHost,
  ) {
    this.storage = new TrayStorage(manifest.name, manifest.files.decoder.path, manifest.model.latent_dim);
    this.tray = new Tray(manifest, {
      onChange: (pins) => history.commit({ pins }),
      onOpen: ({ latent }) => host.goTo(latent),
      decode: (latent) => host.decode(latent),
      onSavePictures: (pictures) => void saveSheet(pictures, manifest.name),
      onSaveLatents: (pins) => saveLatents(pins, manifest.name),
    });
    this.tray.show([]);
  }

  /** Brings back what the browser kept from an earlier visit. */
  restore(): void {
    this.keeps = true;
    const kept = this.storage.read();
    this.history.amendAll(({ pins }) => ({ pins: [...kept, ...pins] }));
  }

  /** Keeps a latent; tells whether there was room. */
  pin(latent: Float32Array, name: string): boolean {
    const { pins } = this.history.state;
    if (pins.length >= MOST_PINS) {
      this.tray.say(`The tray is full (${MOST_PINS}): remove a pin first.`);
      return false;
    }
    this.history.commit({ pins: [...pins, { id: newId(), name: this.unused(name, pins), latent: latent.slice() }] });
    return true;
  }

  apply(state: State, before: State): void {
    if (state.pins === before.pins) return;
    this.tray.show(state.pins);
    if (!this.keeps) return;
    const kept = this.storage.write(state.pins);
    this.tray.say(kept ? "" : "This browser keeps nothing: the tray ends with the page.");
  }

  private unused(name: string, pins: readonly Pin[]): string {
    const taken = new Set(pins.map((pin) => pin.name));
    if (!taken.has(name)) return name;
    let number = 2;
    while (taken.has(`${name} ${number}`)) number++;
    return `${name} ${number}`;
  }
}
