import type { Manifest } from "../model/manifest";
import { textButton } from "../page/controls";
import { element } from "../page/dom";
import { allow } from "../page/focus";
import { LinkField } from "../page/linkField";
import { Notice } from "../page/notice";
import type { Address } from "../state/address";
import { LONGEST_LINK } from "../state/codec";
import { Keeper } from "../state/keeper";
import type { Pin } from "../state/state";
import { MOST_PINS, newPin, TrayStorage } from "../tray/storage";
import { decodeScene, encodeScene, linkedScene, PARAMETER, type SharedScene } from "./sceneLink";

export interface KeepingHost {
  undo(): void;
  redo(): void;
  /** The scene on show; null before there is one. */
  scene(): SharedScene | null;
  /** Whether what is on show only passes by. */
  isPlaying(): boolean;
  /** The latent of the frame on show. */
  latent(): Float32Array | null;
  /** The tray has other pins, by this page or in another tab. */
  onPins(): void;
  /** The scene has been kept. */
  onKept(text: string): void;
}

/** What keeps a scene or a frame of it: undo, the tray, this tab, a link. */
export class Keeping {
  readonly root: HTMLElement;
  private readonly storage: TrayStorage;
  private readonly keeper: Keeper;
  private readonly field = new LinkField();
  private readonly notice = new Notice();
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;

  /** @param name the model as an address names it */
  constructor(
    private readonly manifest: Manifest,
    private readonly name: string,
    private readonly host: KeepingHost,
    signal: AbortSignal,
    address?: Address,
  ) {
    this.storage = new TrayStorage(manifest);
    this.storage.watch(() => host.onPins(), signal);
    this.keeper = new Keeper("interpolate", PARAMETER, manifest, () => (host.isPlaying() ? null : this.encoded), signal, (text) => host.onKept(text), address);
    this.undo = textButton("Undo", "Take the last step back (Ctrl+Z)", () => host.undo());
    this.redo = textButton("Redo", "Take it again (Ctrl+Shift+Z)", () => host.redo());
    this.setSteps(false, false);
    const actions = element(
      "span",
      { class: "actions" },
      this.undo,
      this.redo,
      textButton("Pin frame", "Keep the current frame in the tray (P)", () => this.pin()),
      textButton("Copy link", "An address that opens this scene", () => void this.copyLink()),
    );
    this.root = element("div", { class: "tray-head" }, element("h3", {}, "Stops"), actions, this.notice.root, this.field.root);
  }

  /** The scene that was kept or linked; null where neither is one of this model. */
  restore(): SharedScene | null {
    const kept = this.keeper.begin();
    const scene = kept && decodeScene(kept.text, this.manifest);
    if (kept?.linked && !scene) this.say("The link's scene cannot be shown: it is of another model, or not whole.");
    if (scene) this.keeper.shown();
    return scene;
  }

  /** Whether there is a step to take back, and one to take again. */
  setSteps(canUndo: boolean, canRedo: boolean): void {
    allow(this.undo, canUndo);
    allow(this.redo, canRedo);
  }

  /** Something may have changed. */
  soon(): void {
    this.keeper.soon();
  }

  get encoded(): string | null {
    const scene = this.host.scene();
    return scene && encodeScene(this.manifest, scene);
  }

  pins(): readonly Pin[] {
    return this.storage.read();
  }

  pin(): void {
    const latent = this.host.latent();
    const scene = this.host.scene();
    if (!latent || !scene) return;
    const pins = this.storage.read();
    const pin = newPin(pins, latent, `frame ${scene.frame + 1}`);
    if (!pin) {
      this.say(`The tray is full (${MOST_PINS}): remove a pin on the Explore page first.`);
      return;
    }
    const kept = this.storage.write([...pins, pin]);
    this.say(kept ? "Pinned to the tray" : "Pinned to the tray. This browser keeps nothing: it ends with the page.");
    this.host.onPins();
  }

  say(words: string): void {
    this.notice.say(words);
  }

  private async copyLink(): Promise<void> {
    const scene = this.host.scene();
    if (!scene) return;
    const room = LONGEST_LINK - this.keeper.address(this.name, "").length;
    const { text, without } = linkedScene(this.manifest, scene, room);
    const copied = await this.field.copy(this.keeper.address(this.name, text));
    const left = without === null ? "" : ` It is without ${without}.`;
    this.say(copied ? `Link copied.${left}` : left);
  }
}
