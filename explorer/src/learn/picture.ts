import { svg } from "../page/dom";
import { download, downloadCanvas, tooLarge } from "../page/download";
import { toCss } from "../page/palette";
import { parseColor, type Rgb } from "../page/theme";

/** What a style sheet says of a drawing, and a file has to say by itself. */
const KEPT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "paint-order",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "font-style",
  "text-anchor",
  "display",
  "visibility",
];
/** Pixels of a PNG for each CSS pixel: sharp on a slide. */
const DENSITY = 3;
/** CSS pixels round the drawings and between them. */
const MARGIN = 14;
/** From a swatch to its words. */
const GAP = 6;

interface Drawn {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Drawings that are on the page, one below the other, and what their colours stand for, in a file that needs no style
 * sheet; on the ground that they have there.
 */
export function asFile(drawings: readonly SVGSVGElement[], legends: readonly HTMLElement[], ground: string): Drawn {
  const sizes = drawings.map((drawing) => drawing.getBoundingClientRect());
  const width = Math.max(...sizes.map((size) => size.width)) + 2 * MARGIN;
  let height = MARGIN;
  const copies = drawings.map((drawing, index) => {
    const copy = copyOf(drawing);
    copy.setAttribute("x", String(MARGIN));
    copy.setAttribute("y", String(height));
    copy.setAttribute("overflow", "visible");
    height += sizes[index]!.height + MARGIN;
    return copy;
  });
  const names = legends.map((legend) => {
    const drawn = svg("g", { transform: `translate(${MARGIN} ${height})` }, ...drawnNames(legend));
    height += legend.getBoundingClientRect().height + MARGIN;
    return drawn;
  });
  const whole = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, svg("rect", { width, height, fill: ground }), ...copies, ...names);
  return { text: new XMLSerializer().serializeToString(whole), width, height };
}

/** A legend's swatches and words, where they stand in it. */
function drawnNames(legend: HTMLElement): SVGElement[] {
  const { left, top } = legend.getBoundingClientRect();
  return [...legend.querySelectorAll(".swatch")].flatMap((swatch) => {
    const [spot, entry] = [swatch.getBoundingClientRect(), swatch.parentElement!];
    const { color, fontFamily, fontSize } = getComputedStyle(entry);
    const [x, y] = [spot.left - left, (spot.top + spot.bottom) / 2 - top];
    const look = { fill: plain(color), "font-family": fontFamily, "font-size": fontSize, "dominant-baseline": "central" };
    return [
      svg("circle", { cx: x + spot.width / 2, cy: y, r: spot.width / 2, fill: plain(getComputedStyle(swatch).backgroundColor) }),
      svg("text", { ...look, x: x + spot.width + GAP, y }, entry.textContent ?? ""),
    ];
  });
}

function copyOf(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const copies = copy.querySelectorAll("*");
  drawing.querySelectorAll("*").forEach((own, index) => keepLook(own, copies[index]!));
  for (const unseen of copy.querySelectorAll(".reach, .surface")) unseen.remove();
  return copy;
}

function keepLook(own: Element, copy: Element): void {
  const style = getComputedStyle(own);
  copy.removeAttribute("style");
  for (const name of KEPT) {
    const value = style.getPropertyValue(name);
    if (value !== "") copy.setAttribute(name, value.startsWith("color(") ? plain(value) : value);
  }
}

/** A colour in the notation that every program reads; browsers keep the wider one where colours were mixed. */
const plain = (color: string): string => toCss((parseColor(color) ?? [0, 0, 0]).map(Math.round) as unknown as Rgb);

export function saveSvg(drawings: readonly SVGSVGElement[], legends: readonly HTMLElement[], ground: string, name: string): void {
  download(new Blob([asFile(drawings, legends, ground).text], { type: "image/svg+xml" }), `${name}.svg`);
}

export async function savePng(drawings: readonly SVGSVGElement[], legends: readonly HTMLElement[], ground: string, name: string): Promise<void> {
  const { text, width, height } = asFile(drawings, legends, ground);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * DENSITY);
  canvas.height = Math.round(height * DENSITY);
  const context = canvas.getContext("2d");
  if (!context) throw tooLarge(canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  await downloadCanvas(canvas, `${name}.png`);
}
