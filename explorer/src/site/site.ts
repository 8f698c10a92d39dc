// The page of a published site. Its address chooses a page and one of the site's own models, and holds what is on show; it decides nothing else.

import { Failure } from "../base/failure";
import { mount } from "../component";
import { pageFilms } from "../films/pageFilms";
import type { ExplorerOptions } from "../options";
import type { LearnOptions } from "../learn/options";
import { element } from "../page/dom";
import { Notice } from "../page/notice";
import { failurePanel } from "../page/status";
import { inFragment, inQuery } from "../state/address";
import { folderOf, type Listed, readCatalogue } from "./catalogue";
import { addressOf, Header, type Shown, type SitePage } from "./header";
import { Lighting } from "./lighting";

const ASSETS = new URL("./", import.meta.url).href;
/** Characters that are repeated of what an address names. */
const LONGEST_NAMED = 60;
const SITE = new URL("../", import.meta.url).href;

interface Part {
  /** The colours have changed. */
  update(): void;
  destroy(): void;
}

class Site {
  private readonly main = element("main", { class: "explorer" });
  private readonly notice = new Notice();
  private readonly header: Header;
  private shown: Shown | null = null;
  /** The page on show. */
  private part: Part | null = null;

  constructor(
    parent: HTMLElement,
    private readonly models: readonly [Listed, ...Listed[]],
    signal: AbortSignal,
  ) {
    const lighting = new Lighting(() => this.part?.update(), signal);
    this.header = new Header(models, SITE, lighting.button);
    const foot = element("footer", { class: "site-foot" }, "Everything is computed in this browser; no image leaves it. Made with Latent Explorer.");
    this.main.append(this.header.heading);
    parent.replaceChildren(this.header.root, this.notice.root, this.main, foot);
    window.addEventListener("hashchange", () => this.open(), { signal });
    this.open();
  }

  /** Opens what the address names; of a model that this site has not, the first stands in. */
  private open(): void {
    const [first] = this.models;
    // The query is where the app that the site came from has it.
    const named = inFragment.get("model") ?? inQuery.get("model");
    const model = this.models.find(({ name }) => name === named) ?? first;
    const page = pageNamed(inFragment.get("page"));
    const shown: Shown = { model, page };
    if (page === "learn" && this.shown?.page === "learn") return; // the lessons follow the address by themselves
    if (page !== "learn" && inFragment.get("model") !== model.name) {
      if (named !== null && named !== model.name) this.notice.say(`There is no model ${named.slice(0, LONGEST_NAMED)} on this site: ${first.name} is shown.`);
      const address = new URL(inQuery.with({ model: null }));
      address.hash = addressOf(shown);
      history.replaceState(null, "", address);
    }
    this.part?.destroy();
    this.part = null;
    this.shown = shown;
    this.header.show(shown);
    if (page === "learn") this.learn(shown).catch((error: unknown) => this.shown === shown && this.fail(error));
    else this.explore(model, page);
  }

  private explore(model: Listed, page: ExplorerOptions["page"]): void {
    const options: ExplorerOptions = {
      page,
      assetsUrl: ASSETS,
      files: BUILT,
      modelUrl: folderOf(model, SITE),
      manifestVersion: model.version,
      decoding: true,
      name: model.name,
      service: false,
      standalone: { address: inFragment, films: pageFilms },
    };
    const explorer = mount(this.main, options);
    this.part = { update: () => explorer.update(options), destroy: () => explorer.destroy() };
  }

  /** The lessons come in files of their own, and only for who asks for them; those that need a server to train are left out. */
  private async learn(shown: Shown): Promise<void> {
    const { mount } = await import("../learn/component");
    if (this.shown !== shown) return;
    const pages = Object.fromEntries((["explore", "interpolate"] as const).map((page) => [page, addressOf({ model: shown.model, page })]));
    const options: LearnOptions = { pages, trains: false, address: inFragment };
    const learning = mount(this.main, options);
    this.part = { update: () => learning.update(options), destroy: () => learning.destroy() };
  }

  private fail(error: unknown): void {
    const panel = failurePanel(Failure.from(error, "The lessons could not be opened."), () => location.reload());
    this.main.append(panel);
    this.part = { update: () => undefined, destroy: () => panel.remove() };
  }
}

const pageNamed = (name: string | null): SitePage => (name === "interpolate" || name === "learn" ? name : "explore");

async function start(parent: HTMLElement): Promise<void> {
  const { signal } = new AbortController();
  try {
    new Site(parent, await readCatalogue(SITE, signal), signal);
  } catch (error) {
    parent.replaceChildren(failurePanel(Failure.from(error, "This site could not be opened."), () => void start(parent)));
  }
}

void start(document.getElementById("site")!);
