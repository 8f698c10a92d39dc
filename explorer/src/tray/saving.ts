import { element } from "../page/dom";
import { download, downloadCanvas, drawSharp } from "../page/download";
import type { Pin } from "../state/state";
import { csvOfPins, sheetLayout } from "./sheet";

/** Pixels a side of one picture on the sheet, at least. */
const LEAST_TILE = 128;

/** All pictures of the tray in one PNG, in their order. */
export async function saveSheet(pictures: readonly HTMLCanvasElement[], model: string): Promise<void> {
  const side = pictures[0]?.width;
  if (!side) return;
  const factor = Math.max(1, Math.ceil(LEAST_TILE / side));
  const { width, height, positions } = sheetLayout(pictures.length, side * factor);
  const sheet = element("canvas", { width, height });
  const context = sheet.getContext("2d")!;
  pictures.forEach((picture, index) => drawSharp(context, picture, positions[index]!.left, positions[index]!.top, factor));
  await downloadCanvas(sheet, `${model} tray.png`);
}

export function saveLatents(pins: readonly Pin[], model: string): void {
  download(new Blob([csvOfPins(pins)], { type: "text/csv" }), `${model} tray.csv`);
}
