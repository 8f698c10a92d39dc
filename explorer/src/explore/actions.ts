import type { Position } from "../base/geometry";
import type { Underway } from "../base/underway";
import { pointName } from "../model/pointWords";
import { drawnFrom, type PriorName } from "../opened/draws";
import type { OpenModel } from "../opened/openModel";
import { downloadCanvas, enlarged } from "../page/download";
import type { Troubles } from "../page/troubles";
import type { History } from "../state/history";
import type { ColorBy, Layers, Method, State } from "../state/state";
import type { Exhibit } from "./exhibit";
import type { Groups } from "./groups";
import type { ExploreHandlers, ExploreLayout } from "./layout";
import type { Pins } from "./pins";

/** A saved image is at least this many pixels a side. */
const LEAST_SAVED = 512;

export interface ActionsHost {
  readonly layout: ExploreLayout;
  readonly pins: Pins;
  readonly groups: Groups;
  readonly troubles: Troubles;
  requestFrame(): void;
  copyLink(): Promise<void>;
}

/** What every control and every single key of the page does; what needs an exhibit does nothing before there is one. */
export class Actions implements ExploreHandlers {
  constructor(
    private readonly model: OpenModel,
    private readonly history: History<State>,
    private readonly underway: Underway,
    private readonly exhibit: () => Exhibit | null,
    private readonly host: () => ActionsHost,
  ) {}

  onTake(): void {
    this.exhibit()?.session.begin();
  }

  onSlide(dimension: number, value: number): void {
    this.exhibit()?.session.setDimension(dimension, value);
  }

  onLetGo(): void {
    this.exhibit()?.session.commit();
  }

  onTakeBack(): void {
    this.exhibit()?.session.cancel();
  }

  onZero(): void {
    this.exhibit()?.goTo(new Float32Array(this.model.manifest.model.latent_dim));
  }

  onRandom(prior: PriorName): void {
    this.told(drawnFrom(this.model, prior).then((latent) => this.exhibit()?.goTo(latent)));
  }

  onBack(): void {
    this.exhibit()?.goHome();
  }

  onSample(): void {
    this.told(this.exhibit()?.sample());
  }

  onPin(): void {
    const exhibit = this.exhibit();
    if (exhibit) this.pin(exhibit.session.latent, exhibit.name);
  }

  onSave(): void {
    this.told(downloadCanvas(enlarged(this.host().layout.panel.image.canvas, LEAST_SAVED), `${this.model.manifest.name}.png`));
  }

  onLink(): void {
    this.told(this.host().copyLink());
  }

  onColorBy(colorBy: ColorBy): void {
    this.history.commit({ colorBy });
  }

  onMethod(method: Method): void {
    // What is in the hand is held by a place of the map that goes.
    this.underway.cancel();
    this.history.commit({ method });
  }

  onLayers(layers: Partial<Layers>): void {
    this.history.commit({ layers: { ...this.history.state.layers, ...layers } });
  }

  onHidden(hidden: ReadonlySet<number>): void {
    this.history.commit({ hidden });
  }

  onUndo(): void {
    this.history.undo();
  }

  onRedo(): void {
    this.history.redo();
  }

  onDraw(polygon: readonly Position[] | null): void {
    this.host().groups.draw(polygon);
  }

  onLasso(polygon: readonly Position[]): void {
    this.host().groups.lassoed(polygon);
  }

  requestFrame(): void {
    this.host().requestFrame();
  }

  nameOf(point: number): string {
    return `${this.exhibit()?.look.className(point) ?? ""}, ${pointName(this.model.manifest, point)}`;
  }

  onVisit(point: number): void {
    this.exhibit()?.visit(point);
  }

  pin(latent: Float32Array, name: string): void {
    const { pins, layout } = this.host();
    if (pins.pin(latent, name)) layout.panel.say("Pinned");
  }

  /** Esc: the dragged point goes home; with nothing to send home, the groups are let go. */
  clear(): void {
    if (this.exhibit()?.goHome()) return;
    if (this.history.state.groups.some((group) => group)) this.history.commit({ groups: [null, null] });
  }

  /** What fails is said. */
  private told(done: Promise<void> | undefined): void {
    done?.catch((error: unknown) => this.host().troubles.aside(error));
  }
}
