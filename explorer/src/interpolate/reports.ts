import type { SceneReport } from "../options";
import { toCss } from "../page/palette";
import type { Rgb } from "../page/theme";
import type { Plan } from "./plan";
import { type Choices, letterOf } from "./state";

export interface ReportsHandlers {
  /** All frames of a new scene are there. */
  onScene(report: SceneReport): void;
  /** The scene is kept in another text than before, with the frames that it had when it was reported. */
  onKept(report: SceneReport, text: string): void;
}

/** Tells of the frames once they are all there, and of the scene that they belong to as it is kept. */
export class Reports {
  private last: { readonly report: SceneReport; readonly plan: Plan; told: string | null } | null = null;

  constructor(private readonly handlers: ReportsHandlers) {}

  /** @param text the scene as it is kept; null while none is */
  scene({ stops, shape, mode }: Choices, plan: Plan, changes: SceneReport["changes"], colors: readonly Rgb[], text: string | null): void {
    const report = {
      shape,
      mode,
      latents: plan.latents.map((latent) => [...latent]),
      parameters: plan.parameters,
      stops: stops.map(({ name }, index) => `${letterOf(index)} · ${name}`),
      changes,
      colors: colors.map(toCss),
    };
    this.last = { report, plan, told: null };
    this.handlers.onScene(report);
    if (text !== null) this.kept(text, plan);
  }

  /** @param plan of the frames on show: those of another are still to be reported */
  kept(text: string, plan: Plan | null): void {
    if (this.last?.plan !== plan || this.last.told === text) return;
    this.last.told = text;
    this.handlers.onKept(this.last.report, text);
  }
}
