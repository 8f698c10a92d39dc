/** Gives the document or shadow root around an element our style sheets: a strict content security policy forbids style elements.
 *
 * @returns what takes them away again */
export function adoptStyles(inside: Element, ...texts: readonly string[]): () => void {
  const around = inside.getRootNode();
  const root = around instanceof ShadowRoot ? around : document;
  const own = texts.map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...own];
  return () => (root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => !own.includes(sheet)));
}
