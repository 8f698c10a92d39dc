import type { Place, Position } from "../base/geometry";
import type { MapPane } from "./map";

/** A lasso needs this many corners to hold anything. */
const FEWEST_CORNERS = 3;

/** Draws a lasso on the map and hands over its outline. */
export class LassoTool {
  private polygon: Position[] = [];
  private armed = false;

  constructor(
    private readonly map: MapPane,
    /** Shows the lasso in the hand, null when there is none. */
    private readonly onDraw: (polygon: readonly Position[] | null) => void,
    private readonly onClose: (polygon: readonly Position[]) => void,
    private readonly onArm: (armed: boolean) => void,
  ) {}

  /** Whether the next drag draws a lasso without a key. */
  get isArmed(): boolean {
    return this.armed;
  }

  arm(armed: boolean): void {
    if (this.armed === armed) return;
    this.armed = armed;
    this.onArm(armed);
  }

  begin(place: Place): void {
    this.polygon = [this.map.view.toPosition(place)];
  }

  extend(place: Place): void {
    this.polygon.push(this.map.view.toPosition(place));
    this.onDraw(this.polygon);
  }

  end(cancelled: boolean): void {
    const { polygon } = this;
    this.polygon = [];
    this.onDraw(null);
    if (cancelled) return;
    this.arm(false);
    if (polygon.length >= FEWEST_CORNERS) this.onClose(polygon);
  }
}
