import type { Manifest } from "../model/manifest";
import type { Address } from "../state/address";
import { LONGEST_LINK } from "../state/codec";
import type { History } from "../state/history";
import { Keeper } from "../state/keeper";
import type { ProbeState, State } from "../state/state";
import type { ExploreLayout } from "./layout";
import { decodeWorkspace, encodeWorkspace, type KeptProbe, linkedWorkspace, type Workspace } from "./workspace";

/** The parameter of the page's address that holds a workspace. */
const PARAMETER = "at";

/** A picture of one's own is in no address: it stays in this browser. */
const NOWHERE: Address = { get: () => null, with: () => location.href };

/** Where everything on the page was: for coming back in this tab, and as a link for anybody. */
export class Keeping {
  private readonly keeper: Keeper;
  private readonly ownKeeper: Keeper;

  /**
   * @param probe null before there is one
   * @param own a picture of one's own as a string
   */
  constructor(
    private readonly manifest: Manifest,
    private readonly layout: ExploreLayout,
    private readonly history: History<State>,
    private readonly probe: () => ProbeState | null,
    own: () => string,
    signal: AbortSignal,
    address?: Address,
  ) {
    this.keeper = new Keeper("explore", PARAMETER, manifest, () => this.encoded, signal, undefined, address);
    this.ownKeeper = new Keeper("explore/own image", "", manifest, own, signal, undefined, NOWHERE);
  }

  /** Takes up what was kept or linked; the probe and the view, which need the points on the map, are returned. */
  restore(): Pick<Workspace, "view"> & { readonly probe: KeptProbe | null } | null {
    const kept = this.keeper.begin();
    const workspace = kept && decodeWorkspace(kept.text, this.manifest);
    if (kept?.linked && !workspace) this.layout.panel.say("The link's place cannot be shown: it is of another model, or not whole.");
    if (!workspace) return null;
    this.keeper.shown();
    const { probe, ...state } = workspace.state;
    this.history.amend(state);
    return { probe, view: workspace.view };
  }

  /** Something may have changed. */
  soon(): void {
    this.keeper.soon();
  }

  /** The picture of one's own that was kept; empty for none. */
  get own(): string {
    return this.ownKeeper.begin()?.text ?? "";
  }

  /** There is another picture of one's own, or none any more. */
  ownChanged(): void {
    this.ownKeeper.soon();
  }

  /** @param model as an address names it */
  async copyLink(model: string): Promise<void> {
    const { workspace } = this;
    if (!workspace) return;
    const room = LONGEST_LINK - this.keeper.address(model, "").length;
    const { text, without } = linkedWorkspace(this.manifest, workspace, room);
    const copied = await this.layout.panel.link.copy(this.keeper.address(model, text));
    const left = without === null ? "" : ` It is without ${without}.`;
    this.layout.panel.say(copied ? `Link copied.${left}` : left);
  }

  private get encoded(): string | null {
    const { workspace } = this;
    return workspace && encodeWorkspace(this.manifest, workspace);
  }

  private get workspace(): Workspace | null {
    const probe = this.probe();
    if (!probe) return null;
    const { center, zoom } = this.layout.map.view;
    const { pins: _, ...state } = this.history.state;
    return { state: { ...state, probe }, view: { ...center, zoom } };
  }
}
