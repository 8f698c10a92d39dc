import type { Position } from "../base/geometry";
import { pointsInside, simplified } from "../measure/polygon";
import { textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { setHidden } from "../page/focus";
import type { Company } from "./company";
import type { ComparedMap } from "./comparedMap";
import { gatheredWords } from "./words";

/** A lasso's outline is kept to so small a share of its side. */
const TOLERANCE = 1 / 500;

/** Images gathered by a lasso on one map, lit on all that show them. */
export class Gathering {
  readonly root: HTMLElement;
  private readonly words = element("span", { role: "status" });

  constructor(private readonly company: Company) {
    const clear = textButton("Clear", "Light every image again (Esc)", () => this.clear());
    this.root = element("p", { class: "gathered actions", hidden: true }, this.words, clear);
  }

  /** Lights what lies inside a lasso; how many images that are on each map, null where there are none. */
  gather(map: ComparedMap, polygon: readonly Position[]): Readonly<Record<string, number>> | null {
    const { look } = map.shown!;
    const points = pointsInside(polygon, look.positions, look.shown);
    this.clear();
    if (points.length === 0) return null;
    const side = Math.max(...polygon.map(({ x }) => x)) - Math.min(...polygon.map(({ x }) => x));
    map.outline(simplified(polygon, TOLERANCE * side));
    const found: Record<string, number> = {};
    for (const other of this.company.with(map)) {
      const own = this.company.pointsOn(other, map, points);
      const lit = new Uint8Array(other.shown!.data.count);
      for (const point of own) lit[point] = 1;
      other.shown!.look.setLit(lit);
      found[other.letter] = own.length;
    }
    setText(this.words, gatheredWords(map.letter, found));
    this.root.hidden = false;
    return found;
  }

  clear(): void {
    for (const map of this.company.maps) {
      map.outline(null);
      map.shown?.look.setLit(null);
    }
    setHidden(this.root, true, () => this.company.maps.flatMap(({ shown }) => shown ?? [])[0]?.map.surface ?? null);
  }
}
