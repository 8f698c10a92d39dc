/** Hands a file to the person, under a name. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has its own hold on the content once the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url));
}

export async function downloadCanvas(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const content = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (content) download(content, name);
}

/** A canvas enlarged by a whole factor, its pixels crisp, to at least `least` pixels a side. */
export function enlarged(source: HTMLCanvasElement, least: number): HTMLCanvasElement {
  const factor = Math.max(1, Math.ceil(least / source.width));
  const canvas = document.createElement("canvas");
  canvas.width = source.width * factor;
  canvas.height = source.height * factor;
  const context = canvas.getContext("2d")!;
  context.imageSmoothingEnabled = false;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}
