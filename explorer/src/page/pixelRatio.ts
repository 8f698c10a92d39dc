/** Tells when the page comes to have another number of pixels: on another screen, or at another zoom. */
export function onPixelRatio(act: () => void, signal: AbortSignal): void {
  const listen = (): void => {
    const query = window.matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener(
      "change",
      () => {
        act();
        listen();
      },
      { once: true, signal },
    );
  };
  listen();
}

/**
 * Gives a canvas whole pixels for a box of CSS pixels, and exactly their size, so that nothing is resampled.
 * @param density pixels of the canvas a CSS pixel
 * @returns whether its size has changed, which has emptied it
 */
export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number, density: number): boolean {
  const [across, down] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
  canvas.style.width = `${across / density}px`;
  canvas.style.height = `${down / density}px`;
  if (canvas.width === across && canvas.height === down) return false;
  canvas.width = across;
  canvas.height = down;
  return true;
}
