import { Legend } from "../map/legend";
import type { Manifest } from "../model/manifest";
import { element } from "../page/dom";
import { INITIAL, type State } from "../state/state";
import { dataOf } from "./company";
import type { ComparedMap } from "./comparedMap";

/** What maps of the same data share: the switches of its classes, how they are set, and whose they are. */
interface Classes {
  readonly legend: Legend;
  readonly row: HTMLElement;
  readonly letters: HTMLElement;
  state: State;
}

/** The classes of every data set among the models: a class that is hidden is hidden on all maps that have it. */
export class SharedClasses {
  readonly root = element("div", { class: "legends" });
  private readonly sets = new Map<string, Classes>();

  constructor(private readonly maps: () => readonly ComparedMap[]) {}

  legendFor(manifest: Manifest): Legend {
    return this.of(manifest).legend;
  }

  stateFor(manifest: Manifest): State {
    return this.of(manifest).state;
  }

  /** A model has come or gone: each row is called by the letters of its maps, where there are several. */
  show(): void {
    const rows = new Map<Classes, string[]>();
    for (const { shown, letter } of this.maps()) {
      if (!shown) continue;
      const classes = this.of(shown.manifest);
      rows.set(classes, [...(rows.get(classes) ?? []), letter]);
    }
    for (const [{ letters }, own] of rows) letters.replaceChildren(...(rows.size > 1 ? own.map((letter) => element("span", { class: "letter" }, letter)) : []));
    this.root.replaceChildren(...[...rows.keys()].map(({ row }) => row));
  }

  private of(manifest: Manifest): Classes {
    const data = dataOf(manifest);
    const known = this.sets.get(data);
    if (known) return known;
    const legend = new Legend(manifest, (hidden) => this.hide(made, data, hidden));
    const letters = element("span");
    const made: Classes = { legend, letters, row: element("div", { class: "legend-row" }, letters, legend.root), state: INITIAL };
    this.sets.set(data, made);
    return made;
  }

  private hide(classes: Classes, data: string, hidden: ReadonlySet<number>): void {
    const before = classes.state;
    classes.state = { ...before, hidden };
    for (const { shown } of this.maps()) if (shown && dataOf(shown.manifest) === data) shown.look.apply(classes.state, before);
  }
}
