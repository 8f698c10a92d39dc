import { element } from "./dom";
import type { Failure } from "../base/failure";

/** The page while it loads: the shapes of what will come, in the places where it will stand. */
export function skeleton(): HTMLElement {
  const block = (name: string): HTMLElement => element("div", { class: `blank ${name}` });
  return element(
    "div",
    { class: "layout", "aria-hidden": "true" },
    element("div", { class: "main" }, element("div", { class: "map" }), element("div", { class: "below" }, block("line"), block("line"))),
    element("div", { class: "panel" }, element("div", { class: "stage" }), element("div", { class: "about" }, block("line"), block("line")), element("div", { class: "tabs" })),
  );
}

/** A thin bar that fills as the files arrive. */
export class ProgressBar {
  private readonly bar = element("div", { class: "bar" });
  readonly root = element(
    "div",
    { class: "progress", role: "progressbar", "aria-label": "Loading the model", "aria-valuemin": 0, "aria-valuemax": 100 },
    this.bar,
  );

  set(fraction: number): void {
    this.bar.style.transform = `scaleX(${fraction})`;
    this.root.setAttribute("aria-valuenow", String(Math.round(100 * fraction)));
  }

  finish(): void {
    this.root.remove();
  }
}

/** What failed, why, and what to do, with a way to try again. */
export function failurePanel(failure: Failure, retry: () => void): HTMLElement {
  const again = element("button", { type: "button", class: "primary" }, "Try again");
  again.addEventListener("click", retry);
  return element(
    "div",
    { class: "failure", role: "alert" },
    element("h2", {}, failure.what),
    element("p", {}, failure.why),
    element("p", {}, failure.remedy),
    again,
  );
}
