import { element } from "./dom";

/** Copies links; where the page has no clipboard, as on plain http, it shows them selected for the hand to copy. */
export class LinkField {
  private readonly input = element("input", { type: "text", readonly: true, "aria-label": "Copy the link from here" });
  readonly root = element("label", { class: "link-field", hidden: true }, "Copy it from here:", this.input);

  constructor() {
    this.input.addEventListener("blur", () => (this.root.hidden = true));
  }

  /** Tells whether the link has been copied; if not, the field has the focus. */
  async copy(link: string): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(link);
      return true;
    } catch {
      this.root.hidden = false;
      this.input.value = link;
      this.input.focus();
      this.input.select();
      return false;
    }
  }
}
