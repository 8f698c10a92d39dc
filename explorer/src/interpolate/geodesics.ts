import { textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { setHidden } from "../page/focus";
import { Failure } from "../base/failure";
import type { Geodesic, Service, Step } from "./service";

/** Geodesics that are kept for coming back to. */
const KEPT = 24;

const STAGES: Readonly<Record<string, string>> = { geodesic: "Looking for the path whose images change least" };

const keyOf = (stops: readonly Float32Array[]): string => stops.map((stop) => stop.join()).join(";");

/** What is left of the time, in words, from the share done and the seconds that it took. */
function timeLeft(share: number, seconds: number): string {
  if (share < 0.05) return "";
  const left = Math.ceil((seconds * (1 - share)) / share);
  return left > 1 ? `, at most ${left} s more` : "";
}

/** Asks the server for geodesics, shows how far it is, and keeps what it found. */
export class Geodesics {
  readonly root: HTMLElement;
  private readonly words = element("span", { role: "status" });
  private readonly bar = element("progress", { max: 1, hidden: true, "aria-label": "Computing the geodesic" });
  private readonly cancel: HTMLButtonElement;
  private readonly found = new Map<string, Geodesic>();
  private asked: { readonly key: string; readonly abort: AbortController } | null = null;
  private failed: string | null = null;

  constructor(
    /** Null where no server stands behind the page. */
    private readonly service: Service | null,
    private readonly handlers: {
      /** A geodesic that was asked for is there. */
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

  known(stops: readonly Float32Array[]): Geodesic | null {
    return this.found.get(keyOf(stops)) ?? null;
  }

  /** Computes the geodesic through these stops unless it is known or being computed. */
  async need(stops: readonly Float32Array[]): Promise<void> {
    const key = keyOf(stops);
    this.root.hidden = false;
    const known = this.found.get(key);
    if (known) {
      this.stop();
      this.tell(known);
      return;
    }
    if (this.asked?.key === key || this.failed === key) return;
    this.stop();
    if (!this.service) {
      setText(this.words, "A geodesic needs the app's own server, which this page has not: the straight line is shown.");
      return;
    }
    const abort = new AbortController();
    this.asked = { key, abort };
    this.bar.hidden = this.cancel.hidden = false;
    this.bar.removeAttribute("value");
    setText(this.words, "Asking the server …");
    let began = performance.now();
    const tell = (step: Step): void => {
      if (step.done === 0) began = performance.now(); // waiting for its turn is no part of the work
      this.progress(step, began);
    };
    try {
      const geodesic = await this.service.geodesic(stops, tell, abort.signal);
      if (this.found.size >= KEPT) this.found.delete(this.found.keys().next().value!);
      this.found.set(key, geodesic);
      this.stop();
      this.tell(geodesic);
      this.handlers.onFound();
    } catch (error) {
      if (abort.signal.aborted) return;
      this.stop();
      this.failed = key;
      setText(this.words, `${Failure.from(error, "The geodesic could not be computed.").message} The straight line is shown.`);
    }
  }

  /** The path is no geodesic any more, or a hand is moving its stops. */
  rest(shown: boolean): void {
    this.stop();
    this.failed = null;
    this.root.hidden = !shown;
    setText(this.words, shown ? "The straight line; the geodesic follows when you let go." : "");
  }

  private stop(): void {
    this.asked?.abort.abort();
    this.asked = null;
    this.bar.hidden = true;
    setHidden(this.cancel, true, () => this.handlers.heir());
  }

  private progress({ stage, done, total }: Step, began: number): void {
    const share = total > 0 ? done / total : 0;
    this.bar.value = share;
    setText(this.words, `${STAGES[stage] ?? stage}${timeLeft(share, (performance.now() - began) / 1000)}`);
  }

  private tell({ length, lineLength }: Geodesic): void {
    const less = Math.round(100 * (1 - length / lineLength));
    const compared = less > 0 ? `${less} % shorter than the straight line` : "as short as the straight line";
    setText(this.words, `Length in image space ${length.toFixed(2)}: ${compared} (${lineLength.toFixed(2)}).`);
  }
}
