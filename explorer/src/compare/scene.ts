import type { Position } from "../base/geometry";
import { Underway } from "../base/underway";
import type { Legend } from "../map/legend";
import type { Manifest } from "../model/manifest";
import { Announcer } from "../page/announcer";
import { element } from "../page/dom";
import { FrameLoop } from "../page/frameLoop";
import { Notice } from "../page/notice";
import type { Theme } from "../page/theme";
import type { State } from "../state/state";
import { SharedClasses } from "./classes";
import { Company } from "./company";
import { ComparedMap, type CompareHost } from "./comparedMap";
import { Following } from "./following";
import { Gathering } from "./gathering";
import type { CompareOptions } from "./options";
import { TestImages } from "./testImages";

const LETTERS = ["A", "B", "C", "D"];

export interface CompareHandlers {
  /** Every model shows its first image, or why it cannot. */
  onReady(): void;
  dispatch(name: "compare:decoded" | "compare:gathered", detail: object): void;
}

/** Two to four models beside each other: one hover, one selection and one probe, by image. */
export class ComparisonScene implements CompareHost {
  readonly root: HTMLElement;
  readonly underway = new Underway();
  private readonly company: Company;
  private readonly following: Following;
  private readonly gathering: Gathering;
  private readonly classes: SharedClasses;
  private readonly testImages: TestImages;
  private readonly notice = new Notice();
  private readonly loop: FrameLoop;
  private theme: Theme = { dark: false };
  /** Models that are there, or of which it is known that they cannot be. */
  private readonly settled = new Set<ComparedMap>();

  constructor(
    options: CompareOptions,
    private readonly handlers: CompareHandlers,
    signal: AbortSignal,
  ) {
    const { models } = options;
    this.loop = new FrameLoop(() => this.company.maps.forEach((map) => map.frame()), signal);
    const announcer = new Announcer(signal);
    this.company = new Company(models.map((model, place) => new ComparedMap(LETTERS[place]!, model, place, options, this, signal)));
    this.following = new Following(this.company, announcer, (words) => this.say(words));
    this.gathering = new Gathering(this.company);
    this.classes = new SharedClasses(() => this.company.maps);
    this.testImages = new TestImages(this.company, options, signal);
    const sides = element("div", { class: "sides", "data-count": models.length }, ...this.company.maps.map(({ root }) => root));
    const told = element("div", { class: "actions" }, this.notice.root);
    this.root = element("div", { class: "comparison" }, this.following.root, sides, told, this.gathering.root, this.classes.root, this.testImages.root, announcer.root);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    for (const map of this.company.maps) map.setTheme(theme);
  }

  async open(): Promise<void> {
    await Promise.all(this.company.maps.map((map) => map.open(() => this.theme)));
  }

  requestFrame(): void {
    this.loop.request();
  }

  legendFor(manifest: Manifest): Legend {
    return this.classes.legendFor(manifest);
  }

  stateFor(manifest: Manifest): State {
    return this.classes.stateFor(manifest);
  }

  arrived(map: ComparedMap): void {
    this.company.meet();
    this.classes.show();
    this.following.join(map);
    this.settle(map);
  }

  failed(map: ComparedMap): void {
    this.company.meet();
    this.classes.show();
    this.following.leave(map);
    this.settle(map);
  }

  moved(map: ComparedMap, pointerTime: number | null): void {
    this.requestFrame();
    this.root.toggleAttribute("data-decoding", true);
    if (!this.following.moved(map, pointerTime)) return;
    for (const { shown } of this.company.maps) shown?.map.dismissHint();
  }

  decoded(map: ComparedMap, pointerTime: number | null): void {
    const { session } = map.shown!;
    const { position, point } = session.probe;
    const leading = this.following.isLeading(map);
    this.root.toggleAttribute("data-decoding", this.company.maps.some(({ shown }) => shown && !shown.session.settled));
    this.handlers.dispatch("compare:decoded", { model: map.about.name, leading, position: [position.x, position.y], point, latent: [...session.latent], pointerTime });
  }

  released(): void {
    this.following.released();
  }

  hovered(map: ComparedMap, point: number | null): void {
    for (const other of this.company.maps) {
      if (other !== map) other.shown?.map.setRing(point === null ? null : this.company.pointOn(other, map, point));
    }
  }

  gathered(map: ComparedMap, polygon: readonly Position[]): void {
    const found = this.gathering.gather(map, polygon);
    if (found) this.handlers.dispatch("compare:gathered", { model: map.about.name, found });
    else this.say("No point lies inside the lasso.");
  }

  clear(): void {
    this.gathering.clear();
  }

  say(words: string): void {
    this.notice.say(words);
  }

  private settle(map: ComparedMap): void {
    this.settled.add(map);
    if (this.settled.size < this.company.maps.length) return;
    this.handlers.onReady();
    this.testImages.open();
  }
}
