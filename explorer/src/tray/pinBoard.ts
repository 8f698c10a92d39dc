import { Failure } from "../base/failure";
import type { Manifest } from "../model/manifest";
import type { History } from "../state/history";
import type { State } from "../state/state";
import { saveLatents, saveSheet } from "./saving";
import { MOST_PINS, newPin, TrayStorage } from "./storage";
import { Tray } from "./tray";

export interface PinBoardHost {
  goTo(latent: Float32Array): void;
  /** Shows the image of a latent as soon as it is there. */
  decode(latent: Float32Array, show: (image: Float32Array) => void): void;
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
    signal: AbortSignal,
  ) {
    this.storage = new TrayStorage(manifest);
    this.tray = new Tray(manifest, {
      onChange: (pins) => history.commit({ pins }),
      onOpen: ({ latent }) => host.goTo(latent),
      decode: (latent, show) => host.decode(latent, show),
      onSavePictures: (pictures) => {
        saveSheet(pictures, manifest.name).catch((error: unknown) => this.tray.say(Failure.from(error, "The pictures could not be saved.").message));
      },
      onSaveLatents: (pins) => saveLatents(pins, manifest.name),
    });
    this.storage.watch((follow) => this.keeps && history.amendAll(({ pins }) => ({ pins: follow(pins) })), signal);
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
    const pin = newPin(pins, latent, name);
    if (pin) this.history.commit({ pins: [...pins, pin] });
    else this.tray.say(`The tray is full (${MOST_PINS}): remove a pin first.`);
    return pin !== null;
  }

  apply(state: State, before: State): void {
    if (state.pins === before.pins) return;
    this.tray.show(state.pins);
    if (!this.keeps) return;
    const kept = this.storage.write(state.pins);
    this.tray.say(kept ? "" : "This browser keeps nothing: the tray ends with the page.");
  }
}
