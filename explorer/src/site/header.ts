import { Select } from "../page/controls";
import { element, setText } from "../page/dom";
import type { PageName } from "../options";
import { folderOf, type Listed } from "./catalogue";

/** More models than this are picked from a list. */
const SIDE_BY_SIDE = 6;
/** Pixels of a model's picture on its button. */
const PICTURE = 28;

/** The site's pages: those of a model, and the lessons, which are of none. */
export type SitePage = PageName | "learn";

const PAGES: readonly { readonly page: SitePage; readonly label: string }[] = [
  { page: "explore", label: "Explore" },
  { page: "interpolate", label: "Interpolate" },
  { page: "learn", label: "Learn" },
];

/** What is on show: a page of a model; on the page of lessons, the model that the others would show. */
export interface Shown {
  readonly model: Listed;
  readonly page: SitePage;
}

/** The address of a page of a model on this site. */
export const addressOf = ({ model, page }: Shown): string => `#${new URLSearchParams({ model: model.name, page })}`;

/** The site's first row: its pages, its models, light and dark. All are links, so that the browser's own back, new tab and bookmark work. */
export class Header {
  readonly root: HTMLElement;
  /** What is on show, for those who go from heading to heading. */
  readonly heading = element("h2", { class: "unseen" });
  private readonly pages = element("nav", { class: "pages", "aria-label": "Pages" });
  private readonly models = element("nav", { class: "models", "aria-label": "Models" });
  private readonly about = element("p", { class: "site-about" });

  constructor(
    private readonly catalogue: readonly Listed[],
    private readonly base: string,
    lighting: HTMLElement,
  ) {
    this.root = element("header", { class: "site-header" }, element("h1", {}, "Latent Explorer"), this.pages, this.models, this.about, lighting);
  }

  show(shown: Shown): void {
    const { model, page } = shown;
    this.pages.replaceChildren(...PAGES.map((other) => link(addressOf({ model, page: other.page }), other.page === page, other.label)));
    const ofModel = page !== "learn";
    this.models.hidden = !ofModel;
    this.models.replaceChildren(...(ofModel ? this.picker(shown) : []));
    setText(this.about, ofModel ? model.about : "");
    const label = PAGES.find((other) => other.page === page)!.label;
    setText(this.heading, ofModel ? `${label}: ${model.name}` : label);
    document.title = ofModel ? `${model.name} · ${label} · Latent Explorer` : `${label} · Latent Explorer`;
  }

  private picker({ model, page }: Shown): readonly HTMLElement[] {
    const { catalogue } = this;
    if (catalogue.length <= SIDE_BY_SIDE) return catalogue.map((other) => link(addressOf({ model: other, page }), other === model, this.pictureOf(other), other.name));
    const list = new Select("", catalogue.map(({ name }, index) => ({ value: String(index), label: name })), (index) => {
      location.hash = addressOf({ model: catalogue[Number(index)]!, page });
    });
    list.describe("Model");
    list.value = String(catalogue.indexOf(model));
    return [this.pictureOf(model), list.root];
  }

  private pictureOf(model: Listed): HTMLImageElement {
    const picture = element("img", { src: new URL(model.picture, folderOf(model, this.base)).href, width: PICTURE, height: PICTURE, alt: "" });
    // Without it there is still the name.
    picture.addEventListener("error", () => (picture.hidden = true));
    return picture;
  }
}

const link = (href: string, current: boolean, ...children: readonly (Node | string)[]): HTMLAnchorElement =>
  element("a", current ? { href, "aria-current": "page" } : { href }, ...children);
