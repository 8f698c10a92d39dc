// The page of a published site. Its address chooses a page and one of the site's own models, and holds what is on show; it decides nothing else.

import { Failure } from "../base/failure";
import { type Explorer, mount } from "../component";
import { pageFilms } from "../films/pageFilms";
import type { ExplorerOptions, PageName } from "../options";
import { element } from "../page/dom";
import { Notice } from "../page/notice";
import { failurePanel } from "../page/status";
import { inFragment } from "../state/address";
import { folderOf, type Listed, readCatalogue } from "./catalogue";
import { addressOf, Header, type Shown } from "./header";
import { Lighting } from "./lighting";

const ASSETS = new URL("./", import.meta.url).href;
/** Characters that are repeated of what an address names. */
const LONGEST_NAMED = 60;
const SITE = new URL("../", import.meta.url).href;

class Site {
  private readonly main = element("main", { class: "explorer" });
  private readonly notice = new Notice();
  private readonly header: Header;
  private options: ExplorerOptions | null = null;
  private explorer: Explorer | null = null;

  constructor(
    parent: HTMLElement,
    private readonly models: readonly [Listed, ...Listed[]],
    signal: AbortSignal,
  ) {
    const lighting = new Lighting(() => this.options && this.explorer?.update(this.options), signal);
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
    const named = inFragment.get("model");
    const model = this.models.find(({ name }) => name === named) ?? first;
    const page: PageName = inFragment.get("page") === "interpolate" ? "interpolate" : "explore";
    const shown: Shown = { model, page };
    if (named !== model.name) {
      if (named !== null) this.notice.say(`There is no model ${named.slice(0, LONGEST_NAMED)} on this site: ${first.name} is shown.`);
      history.replaceState(null, "", addressOf(shown));
    }
    this.explorer?.destroy();
    this.header.show(shown);
    this.options = {
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
    this.explorer = mount(this.main, this.options);
  }
}

async function start(parent: HTMLElement): Promise<void> {
  const { signal } = new AbortController();
  try {
    new Site(parent, await readCatalogue(SITE, signal), signal);
  } catch (error) {
    parent.replaceChildren(failurePanel(Failure.from(error, "This site could not be opened."), () => void start(parent)));
  }
}

void start(document.getElementById("site")!);
