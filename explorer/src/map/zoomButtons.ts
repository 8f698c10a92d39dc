import { iconButton } from "../page/controls";
import { element } from "../page/dom";

const STEP = 1.5;
const ICONS = {
  in: "M8 3v10M3 8h10",
  out: "M3 8h10",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
};

/** The buttons in a map's corner that zoom it. */
export function zoomButtons(zoom: (factor: number) => void, fit: () => void): HTMLElement {
  return element(
    "div",
    { class: "zoom", role: "group", "aria-label": "Zoom" },
    iconButton("Zoom in", ICONS.in, () => zoom(STEP)),
    iconButton("Zoom out", ICONS.out, () => zoom(1 / STEP)),
    iconButton("Fit the whole map", ICONS.fit, fit),
  );
}
