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
