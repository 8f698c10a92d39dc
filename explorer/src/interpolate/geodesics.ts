import { signed } from "../base/signed";
import { textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { setHidden } from "../page/focus";
import { Failure } from "../base/failure";
import type { Found } from "./plan";
import type { Geodesic, Service, Step } from "./service";
import type { ComputedMode } from "./state";

/** Paths that are kept for coming back to. */
const KEPT = 24;

const STAGES: Readonly<Record<string, string>> = {
  geodesic: "Looking for the path whose images change least",
  "along the data": "Looking for the path along the data",
};

const keyOf = (mode: ComputedMode, stops: readonly Float32Array[]): string => [mode, ...stops.map((stop) => stop.join())].join(";");

/** What is left of the time, in words, from the share done and the seconds that it took. */
function timeLeft(share: number, seconds: number): string {
  if (share < 0.05) return "";
  const left = Math.ceil((seconds * (1 - share)) / share);
  return left > 1 ? `, at most ${left} s more` : "";
}

/** Asks the server for paths that only it can find, shows how far it is, and keeps what it found. */
export class Geodesics {
  readonly root: HTMLElement;
  private readonly words = element("span", { role: "status" });
  private readonly bar = element("progress", { max: 1, hidden: true, "aria-label": "Computing the path" });
  private readonly cancel: HTMLButtonElement;
  private readonly found = new Map<string, Geodesic>();
  /** What the server has so far of the path that is being computed. */
  private sketch: { readonly key: string; readonly path: Geodesic } | null = null;
  private asked: { readonly key: string; readonly abort: AbortController } | null = null;
  private failed: string | null = null;

  constructor(
    /** Null where no server stands behind the page. */
    private readonly service: Service | null,
    private readonly handlers: {
      /** A path that was asked for is there, or a sketch of it. */
      onFound(): void;
      onCancel(): void;
      /** Takes the focus over from a Cancel that goes. */
      heir(): HTMLElement | null;
    },
    signal: AbortSignal,
  ) {
    this.cancel = textButton("Cancel", "Stop computing and go back to the line", () => {
      this.stop();
      handlers.onCancel();
    });
    this.root = element("div", { class: "geodesic actions", hidden: true }, this.bar, this.words, this.cancel);
    signal.addEventListener("abort", () => this.stop(), { once: true });
  }

  /** The paths through these stops as far as they are there. */
  known(stops: readonly Float32Array[]): Found {
    const of = (mode: ComputedMode): Found => {
      const key = keyOf(mode, stops);
      const path = this.found.get(key) ?? (this.sketch?.key === key ? this.sketch.path : undefined);
      return path ? { [mode]: path } : {};
    };
    return { ...of("geodesic"), ...of("data") };
  }

  /** Computes the path through these stops unless it is known or being computed. */
  async need(mode: ComputedMode, stops: readonly Float32Array[]): Promise<void> {
    const key = keyOf(mode, stops);
    if (this.failed !== key) this.failed = null;
    this.root.hidden = false;
    const known = this.found.get(key);
    if (known) {
      this.stop();
      this.tell(mode, known);
      return;
    }
    if (this.asked?.key === key || this.failed === key) return;
    this.stop();
    if (!this.service) {
      setText(this.words, "This path needs the app's own server, which this page has not: the straight line is shown.");
      return;
    }
    const abort = new AbortController();
    this.asked = { key, abort };
    this.bar.hidden = this.cancel.hidden = false;
    this.bar.removeAttribute("value");
    setText(this.words, "Asking the server …");
    try {
      const path = await this.service.geodesic(mode, stops, this.listener(key), abort.signal);
      if (this.found.size >= KEPT) this.found.delete(this.found.keys().next().value!);
      this.found.set(key, path);
      this.stop();
      this.tell(mode, path);
      this.handlers.onFound();
    } catch (error) {
      if (abort.signal.aborted) return;
      const { sketch } = this;
      this.stop();
      this.sketch = sketch;
      this.failed = key;
      setText(this.words, `${Failure.from(error, "The path could not be computed.").message} ${sketch ? "A first sketch of it" : "The straight line"} is shown.`);
    }
  }

  /** Hears of one path while it is being computed. */
  private listener(key: string): { onStep(step: Step): void; onSketch(sketch: Geodesic): void } {
    let began = performance.now();
    return {
      onStep: (step) => {
        if (step.done === 0) began = performance.now(); // waiting for its turn is no part of the work
        this.progress(step, began);
      },
      onSketch: (path) => {
        this.sketch = { key, path };
        this.handlers.onFound();
      },
    };
  }

  /** The path needs no search any more, or a hand is moving its stops. */
  rest(shown: boolean): void {
    this.stop();
    this.failed = null;
    this.root.hidden = !shown;
    setText(this.words, shown ? "The straight line; the path follows when you let go." : "");
  }

  private stop(): void {
    this.asked?.abort.abort();
    this.asked = this.sketch = null;
    this.bar.hidden = true;
    setHidden(this.cancel, true, () => this.handlers.heir());
  }

  private progress({ stage, done, total }: Step, began: number): void {
    const share = total > 0 ? done / total : 0;
    this.bar.value = share;
    const shown = this.sketch ? "A first sketch is shown. " : "";
    setText(this.words, `${shown}${STAGES[stage] ?? stage}${timeLeft(share, (performance.now() - began) / 1000)}`);
  }

  private tell(mode: ComputedMode, path: Geodesic): void {
    setText(this.words, mode === "data" ? densityWords(path) : lengthWords(path));
  }
}

function lengthWords({ length, lineLength }: Geodesic): string {
  const less = Math.round(100 * (1 - length / lineLength));
  const compared = less > 0 ? `${less} % shorter than the straight line` : less < 0 ? `${-less} % longer than the straight line` : "as short as the straight line";
  return `Length in image space ${length.toFixed(2)}: ${compared} (${lineLength.toFixed(2)}). Both follow their curve between the frames, too.`;
}

function densityWords(path: Geodesic): string {
  const prior = path.fitted ? "of the data's latents" : "of N(0, I), since no prior was fitted to this model's data,";
  const nats = [path.logDensity, path.lineLogDensity].map((value) => signed(value.toFixed(2)));
  return `Mean log density ${prior} ${nats[0]} nats, on the straight line ${nats[1]}. ${lengthWords(path)} A change counted twice where latents are twice as rare in each dimension.`;
}
