import { iconButton } from "../page/controls";
import { keepText, keptText } from "../page/keptText";
import { onSystemTheme } from "../page/theme";

const KEY = "latent-explorer/lighting";
const MOON = "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z";

const systemIsDark = (): boolean => matchMedia("(prefers-color-scheme: dark)").matches;

/** Light or dark: as the system has it, until a hand says otherwise; said as the system has it, the system is followed again. */
export class Lighting {
  readonly button: HTMLButtonElement;
  private chosen: "light" | "dark" | null;

  constructor(
    private readonly onChange: () => void,
    signal: AbortSignal,
  ) {
    const kept = keptText(KEY);
    this.chosen = kept === "light" || kept === "dark" ? kept : null;
    this.button = iconButton("Dark colours", MOON, () => this.turn());
    this.button.classList.add("lighting");
    onSystemTheme(() => this.apply(), signal);
    this.apply();
  }

  private get dark(): boolean {
    return this.chosen === null ? systemIsDark() : this.chosen === "dark";
  }

  private turn(): void {
    const wanted = !this.dark;
    this.chosen = wanted === systemIsDark() ? null : wanted ? "dark" : "light";
    keepText(KEY, this.chosen ?? "");
    this.apply();
    this.onChange();
  }

  private apply(): void {
    if (this.chosen) document.documentElement.dataset["lighting"] = this.chosen;
    else delete document.documentElement.dataset["lighting"];
    this.button.setAttribute("aria-pressed", String(this.dark));
  }
}
