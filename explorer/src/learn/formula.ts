import katex, { type KatexOptions } from "katex";
import ams from "katex/dist/fonts/KaTeX_AMS-Regular.woff2";
import script from "katex/dist/fonts/KaTeX_Caligraphic-Regular.woff2";
import bold from "katex/dist/fonts/KaTeX_Main-Bold.woff2";
import main from "katex/dist/fonts/KaTeX_Main-Regular.woff2";
import italic from "katex/dist/fonts/KaTeX_Math-Italic.woff2";
import size1 from "katex/dist/fonts/KaTeX_Size1-Regular.woff2";
import size2 from "katex/dist/fonts/KaTeX_Size2-Regular.woff2";
import size3 from "katex/dist/fonts/KaTeX_Size3-Regular.woff2";
import { element } from "../page/dom";
import { adoptStyles } from "../page/styles";
import styles from "../styles/formula.css";
import type { Block } from "./lesson";
import { SYMBOLS } from "./symbols";

const FONTS: readonly (readonly [family: string, bytes: Uint8Array<ArrayBuffer>, descriptors?: FontFaceDescriptors])[] = [
  ["KaTeX_Main", main],
  ["KaTeX_Main", bold, { weight: "bold" }],
  ["KaTeX_Math", italic, { style: "italic" }],
  ["KaTeX_AMS", ams],
  ["KaTeX_Caligraphic", script],
  ["KaTeX_Size1", size1],
  ["KaTeX_Size2", size2],
  ["KaTeX_Size3", size3],
];

let fonts = false;

/** Style sheets of a shadow root bring no fonts, and a strict policy fetches none: they are handed to the document as bytes. */
function bringFonts(): void {
  if (fonts) return;
  fonts = true;
  for (const [family, bytes, descriptors] of FONTS) document.fonts.add(new FontFace(family, bytes, descriptors));
}

/** Lets formulas be seen as such round an element that is on the page. @returns what takes that away again */
export function adoptFormulas(inside: Element): () => void {
  bringFonts();
  return adoptStyles(inside, styles);
}

/** `\s{name}` is the symbol of that name, marked so that its meaning can be asked for. */
function withSymbols(source: string): string {
  return source.replace(/\\s\{(\w+)\}/g, (_, name: string) => {
    const known = SYMBOLS[name];
    if (!known) throw new Error(`No symbol is called ${name}.`);
    return `\\htmlData{symbol=${name}}{${known.tex}}`;
  });
}

const OPTIONS: KatexOptions = {
  trust: ({ command }) => command === "\\htmlData",
  strict: (code: string) => (code === "htmlExtension" ? "ignore" : "error"),
};

/** A formula as markup, as it would come onto the page. Raises ParseError for what is no formula. */
export const markup = (source: string): string => katex.renderToString(withSymbols(source), OPTIONS);

/** A formula, on a line of its own or within one. */
export function formula(source: string, display: boolean): HTMLElement {
  const root = element("span", { class: display ? "formula display" : "formula" });
  katex.render(withSymbols(source), root, { ...OPTIONS, displayMode: display });
  return root;
}

/** Text in which $…$ is a formula and **…** stands out. */
export function written(text: string): Node[] {
  return text.split("$").flatMap((part, index) => (index % 2 === 1 ? [formula(part, false)] : strong(part)));
}

const strong = (text: string): Node[] =>
  text.split("**").map((part, index) => (index % 2 === 1 ? element("strong", {}, part) : document.createTextNode(part)));

/** A block of a lesson's text. */
export function blockOf(block: Block): HTMLElement {
  if (typeof block === "string") return element("p", {}, ...written(block));
  if ("formula" in block) return element("p", { class: "displayed" }, formula(block.formula, true));
  return element("p", { class: "note" }, ...written(block.note));
}
