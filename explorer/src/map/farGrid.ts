import type { Bounds } from "../base/geometry";
import type { Emptiness } from "../measure/emptiness";
import type { FarGrid } from "./backdrop";

/** Cells of the far mask along the longer side of the map and what lies round it. */
const FAR_CELLS = 300;
/** Room round the map that is asked for being far, as a share of its longer side. */
const AROUND = 0.2;

/** The map and what lies round it: beside the outermost points it is not yet far. */
export function surroundingsOf({ left, right, bottom, top }: Bounds): Bounds {
  const more = AROUND * Math.max(right - left, top - bottom);
  return { left: left - more, right: right + more, bottom: bottom - more, top: top + more };
}

/** Where a map and what lies round it is far from any data. */
export function farGridOf(emptiness: Emptiness, map: Bounds): FarGrid {
  const bounds = surroundingsOf(map);
  const [across, up] = [bounds.right - bounds.left, bounds.top - bounds.bottom];
  const cell = Math.max(across, up) / FAR_CELLS;
  const columns = Math.max(1, Math.ceil(across / cell));
  const rows = Math.max(1, Math.ceil(up / cell));
  return { mask: emptiness.farGrid(columns, rows), columns, rows, bounds };
}
