// To be imported before uPlot, which ends with an error where the browser's language is none: WebKit's is "C" on a
// machine without languages, as small containers are.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
}
