import type { Position } from "../base/geometry";
import { Underway } from "../base/underway";
import { Legend } from "../map/legend";
import { pointsInside, simplified } from "../measure/polygon";
import type { Manifest } from "../model/manifest";
import { Announcer } from "../page/announcer";
import { textButton } from "../page/controls";
import { element, setText, wholeNumber } from "../page/dom";
import { FrameLoop } from "../page/frameLoop";
import { setHidden } from "../page/focus";
import { Notice } from "../page/notice";
import type { Theme } from "../page/theme";
import { INITIAL, type State } from "../state/state";
import { ComparedMap, type CompareHost } from "./comparedMap";
import type { CompareOptions } from "./options";
import { Picture } from "./picture";
import { type MapImages, SameImages } from "./sameImages";
import { TestImages } from "./testImages";
import { type Apart, imageName, type NamedImage, standWords } from "./words";

const LETTERS = ["A", "B", "C", "D"];
/** A lasso's outline is kept to a pixel in five hundred of its side. */
const TOLERANCE = 1 / 500;

/** What maps of the same data share: the switches of its classes, and how they are set. */
interface Classes {
  readonly legend: Legend;
  state: State;
}

export interface CompareHandlers {
  /** Every model shows its first image, or why it cannot. */
  onReady(): void;
  dispatch(name: "compare:decoded" | "compare:moved" | "compare:gathered", detail: object): void;
}

const dataOf = ({ data }: Manifest): string => `${data.fingerprint}/${data.split}`;

/** Two to four models beside each other: one hover, one selection and one probe, by image. */
export class ComparisonScene implements CompareHost {
  readonly root: HTMLElement;
  readonly underway = new Underway();
  private readonly maps: readonly ComparedMap[];
  private readonly original = new Picture("", "Image");
  private readonly originalCanvas = element("canvas", { class: "crisp", role: "img", "aria-label": "The image itself" });
  private readonly words = element("p", { class: "stand" });
  private readonly legends = element("div", { class: "legends" });
  private readonly gatheredWords = element("span", { role: "status" });
  private readonly gatheredRow: HTMLElement;
  private readonly testImages: TestImages;
  private readonly announcer: Announcer;
  private readonly notice = new Notice();
  private readonly loop: FrameLoop;
  private readonly classes = new Map<string, Classes>();
  private same = new SameImages([]);
  /** By map, which of its images all maps of the same data show. */
  private shared: (Uint8Array | null)[] = [];
  /** The map that the hand was on last, and the point there that it is on or that is nearest. */
  private leader: ComparedMap | null = null;
  private point: number | null = null;
  /** A hand has moved something: what arrives from now on follows. */
  private touched = false;
  /** Models are being put where the leader's image is: none of that is the hand's own move. */
  private following = false;
  private theme: Theme = { dark: false };
  private settled = new Set<ComparedMap>();

  constructor(
    options: CompareOptions,
    private readonly handlers: CompareHandlers,
    signal: AbortSignal,
  ) {
    this.loop = new FrameLoop(() => this.maps.forEach((map) => map.frame()), signal);
    this.announcer = new Announcer(signal);
    this.maps = options.models.map((model, place) => new ComparedMap(LETTERS[place]!, model, place, options, this, signal));
    this.testImages = new TestImages(options, signal);
    this.original.hold(this.originalCanvas);
    const pictures = element("div", { class: "pictures" }, this.original.root, ...this.maps.map(({ picture }) => picture.root));
    const clear = textButton("Clear", "Light every image again (Esc)", () => this.clear());
    this.gatheredRow = element("p", { class: "gathered actions", hidden: true }, this.gatheredWords, clear);
    const sides = element("div", { class: "sides", "data-count": options.models.length }, ...this.maps.map(({ root }) => root));
    this.root = element(
      "div",
      { class: "comparison" },
      element("div", { class: "hand" }, pictures, this.words),
      sides,
      element("div", { class: "actions" }, this.notice.root),
      this.gatheredRow,
      this.legends,
      this.testImages.root,
      this.announcer.root,
    );
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    for (const map of this.maps) map.setTheme(theme);
  }

  async open(): Promise<void> {
    await Promise.all(this.maps.map((map) => map.open(() => this.theme)));
  }

  requestFrame(): void {
    this.loop.request();
  }

  legendFor(manifest: Manifest): Legend {
    return this.classesOf(manifest).legend;
  }

  stateFor(manifest: Manifest): State {
    return this.classesOf(manifest).state;
  }

  arrived(map: ComparedMap): void {
    this.meet();
    const { leader } = this;
    const first = !leader || (!this.touched && this.maps.indexOf(map) < this.maps.indexOf(leader));
    if (first) this.leader = map;
    if (first || !this.together(leader, map)) this.put(map, map.shown!.manifest.map.start, null);
    this.follow(null);
    this.settle(map);
  }

  failed(map: ComparedMap): void {
    if (this.leader === map) this.leader = null;
    this.meet();
    this.describe();
    this.settle(map);
  }

  moved(map: ComparedMap, pointerTime: number | null): void {
    this.requestFrame();
    if (this.following) return;
    this.leader = map;
    this.touched = true;
    for (const { shown } of this.maps) shown?.map.dismissHint();
    this.follow(pointerTime);
    this.handlers.dispatch("compare:moved", { model: map.about.name, point: this.point });
  }

  decoded(map: ComparedMap, pointerTime: number | null): void {
    const { session } = map.shown!;
    const { position, point } = session.probe;
    const { name } = map.about;
    this.handlers.dispatch("compare:decoded", { model: name, leading: map === this.leader, position: [position.x, position.y], point, latent: [...session.latent], pointerTime });
  }

  hovered(map: ComparedMap, point: number | null): void {
    for (const other of this.maps) if (other !== map) other.shown?.map.setRing(point === null ? null : this.pointOn(other, map, point));
  }

  gathered(map: ComparedMap, polygon: readonly Position[]): void {
    const { look } = map.shown!;
    const points = pointsInside(polygon, look.positions, look.shown);
    this.clear();
    if (points.length === 0) {
      this.say("No point lies inside the lasso.");
      return;
    }
    const side = Math.max(...polygon.map(({ x }) => x)) - Math.min(...polygon.map(({ x }) => x));
    map.outline(simplified(polygon, TOLERANCE * side));
    const found: Record<string, number> = {};
    for (const other of this.maps) {
      if (!other.shown || (other !== map && !this.together(map, other))) continue;
      const own = other === map ? points : this.same.pointsOn(this.place(other), this.place(map), points);
      const lit = new Uint8Array(other.shown.data.count);
      for (const point of own) lit[point] = 1;
      other.shown.look.setLit(lit);
      found[other.letter] = own.length;
    }
    setText(this.gatheredWords, gatheredWords(map.letter, found));
    this.gatheredRow.hidden = false;
    this.handlers.dispatch("compare:gathered", { model: map.about.name, found });
  }

  clear(): void {
    for (const map of this.maps) {
      map.outline(null);
      map.shown?.look.setLit(null);
    }
    setHidden(this.gatheredRow, true, () => this.maps.flatMap(({ shown }) => shown ?? [])[0]?.map.surface ?? null);
  }

  say(words: string): void {
    this.notice.say(words);
  }

  private place(map: ComparedMap): number {
    return this.maps.indexOf(map);
  }

  private together(one: ComparedMap | null, other: ComparedMap): boolean {
    return one !== null && this.same.together(this.place(one), this.place(other));
  }

  private pointOn(map: ComparedMap, from: ComparedMap, point: number): number | null {
    return this.same.pointOn(this.place(map), this.place(from), point);
  }

  /** A model has come or gone: finds out anew who has which images. */
  private meet(): void {
    this.same = new SameImages(
      this.maps.map(({ shown, letter }): MapImages => ({ data: shown ? dataOf(shown.manifest) : `none, ${letter}`, indices: shown?.indices ?? null })),
    );
    this.shared = this.maps.map(({ shown }, place) => (shown?.indices ? this.same.shared(place) : null));
  }

  private put(map: ComparedMap, point: number | null, pointerTime: number | null): void {
    this.following = true;
    if (point === null) map.leave();
    else map.shown!.session.snap(point, pointerTime);
    this.following = false;
  }

  /** Puts every model that knows the leader's image on it. */
  private follow(pointerTime: number | null): void {
    const { leader } = this;
    if (!leader?.shown) return;
    const { map, session } = leader.shown;
    const seen = this.shared[this.place(leader)] ?? null;
    this.point = session.probe.point ?? map.nearestAmong(session.probe.position, seen);
    for (const other of this.maps) {
      if (other === leader || !other.shown || !this.together(leader, other)) continue;
      this.put(other, this.point === null ? null : this.pointOn(other, leader, this.point), pointerTime);
    }
    this.showOriginal();
    this.describe();
  }

  private showOriginal(): void {
    const { leader, point } = this;
    if (!leader?.shown || point === null) {
      this.original.blank();
      return;
    }
    const { thumbnails, session } = leader.shown;
    this.original.hold(this.originalCanvas);
    // While a hand holds the probe nothing crosses the network.
    if (thumbnails.has(point) || !session.isHeld) thumbnails.draw(point, this.originalCanvas).catch(() => this.say("The small pictures could not be loaded; all else goes on without them."));
    else thumbnails.blank(this.originalCanvas);
  }

  /** Says in words what each model shows. */
  private describe(): void {
    const { leader } = this;
    if (!leader?.shown) {
      setText(this.words, "");
      return;
    }
    const { session, look } = leader.shown;
    const onImage = session.probe.point !== null;
    const image = this.named(leader, this.point);
    const others = this.maps.filter((map) => map !== leader && map.shown);
    const following = others.filter((map) => this.follows(map) === null);
    for (const map of following) map.picture.say(image ? imageName(image) : "");
    for (const map of others) if (this.follows(map)) map.picture.say(this.ownWords(map));
    leader.picture.say(onImage && image ? imageName(image) : "under the hand");
    this.original.say(image ? `${onImage ? "" : "nearest: "}${imageName(image)}` : "");
    const apart = others.flatMap((map) => {
      const why = this.follows(map);
      return why ? [{ letter: map.letter, why }] : [];
    });
    const far = !onImage && look.isFar(session.probe.position);
    const words = standWords({ letter: leader.letter, onImage, far, image, following: following.map(({ letter }) => letter), apart });
    setText(this.words, words);
    this.announcer.say(words);
  }

  /** Why a model does not follow the leader; null where it does. */
  private follows(map: ComparedMap): Apart | null {
    const leader = this.leader!;
    if (dataOf(map.shown!.manifest) !== dataOf(leader.shown!.manifest)) return "other data";
    if (!this.together(leader, map)) return "unnamed";
    return this.point !== null && this.pointOn(map, leader, this.point) === null ? "not shown" : null;
  }

  /** What a model shows that does not follow. */
  private ownWords(map: ComparedMap): string {
    if (this.follows(map) === "not shown") return "not on its map";
    const { point } = map.shown!.session.probe;
    const image = this.named(map, point);
    return image ? `its own: ${imageName(image)}` : "under its own ring";
  }

  private named(map: ComparedMap, point: number | null): NamedImage | null {
    return point === null ? null : { place: this.same.placeOf(this.place(map), point), className: map.shown!.look.className(point) };
  }

  private classesOf(manifest: Manifest): Classes {
    const data = dataOf(manifest);
    const known = this.classes.get(data);
    if (known) return known;
    const made: Classes = { legend: new Legend(manifest, (hidden) => this.hide(made, data, hidden)), state: INITIAL };
    this.classes.set(data, made);
    this.legends.append(made.legend.root);
    return made;
  }

  private hide(classes: Classes, data: string, hidden: ReadonlySet<number>): void {
    const before = classes.state;
    classes.state = { ...before, hidden };
    for (const { shown } of this.maps) if (shown && dataOf(shown.manifest) === data) shown.look.apply(classes.state, before);
  }

  private settle(map: ComparedMap): void {
    this.settled.add(map);
    if (this.settled.size < this.maps.length) return;
    this.handlers.onReady();
    this.testImages.open(this.maps, this.same);
  }
}

function gatheredWords(letter: string, found: Readonly<Record<string, number>>): string {
  const count = found[letter]!;
  const images = `${wholeNumber(count)} image${count === 1 ? "" : "s"}`;
  const others = Object.entries(found).filter(([other]) => other !== letter);
  if (others.length === 0) return `${images} gathered on ${letter}.`;
  const whole = others.every(([, own]) => own === count);
  if (whole) return `${images} gathered on ${letter}; the same images are lit on every map of these data.`;
  const each = others.map(([other, own]) => `${wholeNumber(own)} of them on ${other}`).join(", ");
  return `${images} gathered on ${letter}; the same images are lit: ${each}.`;
}
