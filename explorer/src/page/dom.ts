type Attributes = Readonly<Record<string, string | number | boolean>>;
type Child = Node | string;

function fill<Made extends Element>(made: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** A new HTML element; an attribute that is `false` is left out, one that is `true` is set empty. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** A new SVG element, as `element` makes those of HTML. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** An icon of one path on a 16 × 16 grid, drawn with the text's colour and hidden from screen readers. */
export function icon(path: string): SVGSVGElement {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: path }));
}

/** Gives an element custom properties; a style attribute would be refused by a strict content security policy. */
export function withProperties<Made extends HTMLElement>(made: Made, properties: Readonly<Record<`--${string}`, string>>): Made {
  for (const [name, value] of Object.entries(properties)) made.style.setProperty(name, value);
  return made;
}

/** Sets text only where it differs: an unchanged node costs no layout. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Whole numbers with the thousands set apart. */
export const wholeNumber = (value: number): string => value.toLocaleString("en");
