import type { Announcer } from "../page/announcer";
import { element, setText } from "../page/dom";
import type { Company } from "./company";
import { dataOf } from "./company";
import type { ComparedMap } from "./comparedMap";
import { Picture } from "./picture";
import { type Apart, imageName, standWords } from "./words";

/** The probe that all models share: where a hand has it on one map, every other goes to the image that is nearest there. */
export class Following {
  readonly root: HTMLElement;
  private readonly original = new Picture("", "Image");
  private readonly words = element("p", { class: "stand" });
  /** The map that the hand was on last, and the point there that it is on or that is nearest. */
  private leader: ComparedMap | null = null;
  private nearest: number | null = null;
  /** A hand has moved something: what arrives from now on follows. */
  private touched = false;
  /** A model is being put where the leader's image is: that is no hand's move. */
  private putting = false;

  constructor(
    private readonly company: Company,
    private readonly announcer: Announcer,
    private readonly say: (words: string) => void,
  ) {
    const pictures = element("div", { class: "pictures" }, this.original.root, ...company.maps.map(({ picture }) => picture.root));
    this.root = element("div", { class: "hand" }, pictures, this.words);
  }

  isLeading(map: ComparedMap): boolean {
    return map === this.leader;
  }

  /** A model is there: it joins the others, and begins where it would by itself if there are none of its data. */
  join(map: ComparedMap): void {
    const { leader, company } = this;
    const first = !leader || (!this.touched && company.maps.indexOf(map) < company.maps.indexOf(leader));
    if (first) this.leader = map;
    if (first || !company.together(leader, map)) this.put(map, map.shown!.manifest.map.start, null);
    this.follow(null);
  }

  /** A model has gone. */
  leave(map: ComparedMap): void {
    if (this.leader === map) this.leader = null;
    this.describe();
  }

  /** The probe of a map has moved; tells whether it was by a hand. */
  moved(map: ComparedMap, pointerTime: number | null): boolean {
    if (this.putting) return false;
    this.leader = map;
    this.touched = true;
    this.follow(pointerTime);
    return true;
  }

  /** No hand holds the probe any more: a picture that is still to come may be fetched. */
  released(): void {
    if (this.leader?.shown) this.showOriginal(this.leader);
  }

  private put(map: ComparedMap, point: number | null, pointerTime: number | null): void {
    this.putting = true;
    if (point === null) map.leave();
    else map.shown!.session.snap(point, pointerTime);
    this.putting = false;
  }

  /** Puts every model that knows the leader's image on it. */
  private follow(pointerTime: number | null): void {
    const { leader, company } = this;
    if (!leader?.shown) return;
    const { map, session } = leader.shown;
    this.nearest = session.probe.point ?? map.nearestAmong(session.probe.position, company.sharedOn(leader));
    for (const other of company.with(leader)) {
      if (other !== leader) this.put(other, this.nearest === null ? null : company.pointOn(other, leader, this.nearest), pointerTime);
    }
    this.showOriginal(leader);
    this.describe();
  }

  private showOriginal(leader: ComparedMap): void {
    const { thumbnails, session } = leader.shown!;
    const { nearest } = this;
    if (nearest === null) {
      this.original.blank();
      return;
    }
    // Each map's pictures have a canvas of their own: one that comes late is not taken for another map's.
    this.original.hold(leader.original);
    // While a hand holds the probe nothing crosses the network.
    if (!thumbnails.has(nearest) && session.isHeld) thumbnails.blank(leader.original);
    else thumbnails.draw(nearest, leader.original).catch(() => this.say("The small pictures could not be loaded; all else goes on without them."));
  }

  /** Says in words what each model shows. */
  private describe(): void {
    const { leader, company, nearest } = this;
    if (!leader?.shown) {
      setText(this.words, "");
      return;
    }
    const { session, look } = leader.shown;
    const onImage = session.probe.point !== null;
    const image = nearest === null ? null : company.named(leader, nearest);
    const others = company.maps.filter((map) => map !== leader && map.shown).map((map) => ({ map, letter: map.letter, why: this.whyApart(map, leader) }));
    for (const { map, why } of others) map.picture.say(why ? this.ownWords(map, why) : image ? imageName(image) : "");
    leader.picture.say(onImage && image ? imageName(image) : "under the hand");
    this.original.say(image ? `${onImage ? "" : "nearest: "}${imageName(image)}` : "");
    const words = standWords({
      letter: leader.letter,
      onImage,
      far: !onImage && look.isFar(session.probe.position),
      image,
      following: others.filter(({ why }) => why === null).map(({ letter }) => letter),
      apart: others.flatMap(({ letter, why }) => (why ? [{ letter, why }] : [])),
    });
    setText(this.words, words);
    this.announcer.say(words);
  }

  /** Why a model does not follow; null where it does. */
  private whyApart(map: ComparedMap, leader: ComparedMap): Apart | null {
    if (dataOf(map.shown!.manifest) !== dataOf(leader.shown!.manifest)) return "other data";
    if (!this.company.together(leader, map)) return "unnamed";
    return this.nearest !== null && this.company.pointOn(map, leader, this.nearest) === null ? "not shown" : null;
  }

  /** What a model shows that does not follow. */
  private ownWords(map: ComparedMap, why: Apart): string {
    if (why === "not shown") return "not on its map";
    const { point } = map.shown!.session.probe;
    return point === null ? "under its own ring" : `its own: ${imageName(this.company.named(map, point))}`;
  }
}
