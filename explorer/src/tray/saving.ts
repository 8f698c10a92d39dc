import { element } from "../page/dom";
import { download, downloadCanvas, enlarged } from "../page/download";
import type { Pin } from "../state/state";
import { csvOfPins, sheetLayout } from "./sheet";

/** Pixels a side of one picture on the sheet, at least. */
const LEAST_TILE = 128;

/** All pictures of the tray in one PNG, in their order. */
export async function saveSheet(pictures: readonly HTMLCanvasElement[], model: string): Promise<void> {
  const tiles = pictures.map((picture) => enlarged(picture, LEAST_TILE));
  const side = tiles[0]?.width;
  if (!side) return;
  const { width, height, positions } = sheetLayout(tiles.length, side);
  const sheet = element("canvas", { width, height });
  const context = sheet.getContext("2d")!;
  tiles.forEach((tile, index) => context.drawImage(tile, positions[index]!.left, positions[index]!.top));
  await downloadCanvas(sheet, `${model} tray.png`);
}

export function saveLatents(pins: readonly Pin[], model: string): void {
  download(new Blob([csvOfPins(pins)], { type: "text/csv" }), `${model} tray.csv`);
}
