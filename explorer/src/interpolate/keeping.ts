import type { Manifest } from "../model/manifest";
import { textButton } from "../page/controls";
import { element } from "../page/dom";
import { LinkField } from "../page/linkField";
import { Notice } from "../page/notice";
import { modelOf } from "../probe/placeLink";
import type { Pin } from "../state/state";
import { MOST_PINS, newPin, TrayStorage } from "../tray/storage";
import { decodeScene, encodeScene, PARAMETER, type SharedScene } from "./sceneLink";

export interface KeepingHost {
  undo(): void;
  redo(): void;
  /** The scene on show. */
  scene(): SharedScene;
  /** The latent of the frame on show. */
  latent(): Float32Array | null;
  /** The tray has other pins, by this page or in another tab. */
  onPins(): void;
}

/** What keeps a scene or a frame of it: undo, the tray, a link. */
export class Keeping {
  readonly root: HTMLElement;
  private readonly storage: TrayStorage;
  private readonly link = new LinkField();
  private readonly notice = new Notice();

  constructor(
    private readonly manifest: Manifest,
    private readonly host: KeepingHost,
    signal: AbortSignal,
  ) {
    this.storage = new TrayStorage(manifest);
    this.storage.watch(() => host.onPins(), signal);
    const actions = element(
      "span",
      { class: "actions" },
      textButton("Undo", "Take the last step back (Ctrl+Z)", () => host.undo()),
      textButton("Redo", "Take it again (Ctrl+Shift+Z)", () => host.redo()),
      textButton("Pin frame", "Keep the current frame in the tray (P)", () => this.pin()),
      textButton("Copy link", "An address that opens this scene", () => void this.copyLink()),
    );
    this.root = element("div", { class: "tray-head" }, element("h3", {}, "Stops"), actions, this.notice.root, this.link.root);
  }

  /** The scene of a text, or of the page's address; null where neither names one of this model. */
  opened(text: string | null): SharedScene | null {
    const { latent_dim } = this.manifest.model;
    const linked = new URLSearchParams(location.search).get(PARAMETER);
    for (const named of [text, linked]) {
      const scene = named === null ? null : decodeScene(named, modelOf(this.manifest), latent_dim);
      if (scene) return scene;
    }
    return null;
  }

  get encoded(): string {
    return encodeScene(modelOf(this.manifest), this.host.scene());
  }

  say(words: string): void {
    this.notice.say(words);
  }

  pins(): readonly Pin[] {
    return this.storage.read();
  }

  pin(): void {
    const { frame } = this.host.scene();
    const latent = this.host.latent();
    if (!latent) return;
    const pins = this.storage.read();
    const pin = newPin(pins, latent, `frame ${frame + 1}`);
    if (!pin) {
      this.notice.say(`The tray is full (${MOST_PINS}): remove a pin on the Explore page first.`);
      return;
    }
    const kept = this.storage.write([...pins, pin]);
    this.notice.say(kept ? "Pinned to the tray" : "This browser keeps nothing: it could not be pinned.");
    this.host.onPins();
  }

  private async copyLink(): Promise<void> {
    const url = new URL(location.href);
    if (!url.searchParams.has("model")) url.searchParams.set("model", this.manifest.name);
    url.searchParams.set(PARAMETER, this.encoded);
    this.notice.say((await this.link.copy(url.href)) ? "Link copied" : "");
  }
}
