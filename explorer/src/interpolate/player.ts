import { Select, textButton } from "../page/controls";
import { element, setText } from "../page/dom";
import { FarBadge } from "../page/farBadge";
import { ImageCanvas } from "../page/image";
import { REPEATS, type Repeat, SPEEDS } from "./state";

const REPEAT_WORDS: Readonly<Record<Repeat, string>> = { once: "once", loop: "in a loop", "ping-pong": "back and forth" };

export interface PlayerHandlers {
  onFrame(frame: number): void;
  onRepeat(repeat: Repeat): void;
  onSpeed(speed: number): void;
  /** Play or pause has been pressed. */
  onPlay(): void;
  /** It plays no more: the frame on show stays. */
  onStop(): void;
}

/** The frame that playing shows `elapsed` frames after it began at `from`; null once it is over. */
export function playedFrame(from: number, elapsed: number, frames: number, repeat: Repeat): number | null {
  const reached = from + Math.floor(elapsed);
  if (repeat === "once") return reached < frames ? reached : null;
  if (repeat === "loop") return reached % frames;
  const round = 2 * (frames - 1);
  const place = reached % round;
  return place < frames ? place : round - place;
}

/** The current frame, large, and what plays it; full-screen for showing it to a room. */
export class Player {
  readonly root: HTMLElement;
  readonly image: ImageCanvas;
  readonly far = new FarBadge();
  private readonly stage: HTMLElement;
  private readonly caption = element("p", { class: "frame-caption" });
  private readonly button: HTMLButtonElement;
  private readonly repeat: Select;
  private readonly speed: Select;
  private readonly room: HTMLButtonElement;
  private playing: { readonly began: number; readonly from: number } | null = null;
  private frames = 2;
  private rate = 12;
  private order: Repeat = "ping-pong";
  private current = 0;

  constructor(
    size: number,
    channels: number,
    private readonly handlers: PlayerHandlers,
    private readonly signal: AbortSignal,
  ) {
    this.image = new ImageCanvas(size, channels, "decoded", "The current frame");
    this.button = textButton("Play", "Play the frames (space)", () => handlers.onPlay());
    this.button.classList.add("primary");
    this.repeat = new Select("", REPEATS.map((value) => ({ value, label: REPEAT_WORDS[value] })), (value) => handlers.onRepeat(value as Repeat));
    this.repeat.describe("How it repeats");
    this.speed = new Select("", SPEEDS.map((speed) => ({ value: String(speed), label: `${speed} a second` })), (value) => handlers.onSpeed(Number(value)));
    this.speed.describe("Frames a second");
    this.stage = element("div", { class: "stage" }, this.image.canvas, this.far.root);
    this.room = textButton("Full screen", "Play it on the whole screen (F); Esc leaves", () => this.fillScreen());
    // Telephones and frames without leave have no whole screen to give.
    this.room.hidden = !document.fullscreenEnabled;
    const controls = element("div", { class: "actions" }, this.button, this.repeat.root, this.speed.root, this.room);
    this.root = element("section", { class: "player", tabindex: -1, "aria-label": "Player" }, this.stage, this.caption, controls);
    signal.addEventListener("abort", () => (this.playing = null), { once: true });
  }

  get isPlaying(): boolean {
    return this.playing !== null;
  }

  show(repeat: Repeat, speed: number, frames: number): void {
    this.order = repeat;
    this.repeat.value = repeat;
    this.speed.value = String(speed);
    if (speed !== this.rate && this.playing) this.begin();
    this.rate = speed;
    this.frames = frames;
  }

  setFrame(frame: number, caption: string): void {
    this.current = frame;
    setText(this.caption, caption);
  }

  /** Starts, from the beginning where it has come to the end, or stops. */
  toggle(): void {
    if (this.playing) this.stop();
    else {
      if (this.order === "once" && this.current >= this.frames - 1) this.current = 0;
      this.begin();
      requestAnimationFrame((now) => this.tick(now));
    }
  }

  stop(): void {
    if (!this.playing) return;
    this.playing = null;
    setText(this.button, "Play");
    this.handlers.onStop();
  }

  fillScreen(): void {
    if (this.room.hidden) return;
    if (document.fullscreenElement) {
      void document.exitFullscreen();
      return;
    }
    this.root.requestFullscreen().then(
      () => {
        // What had the focus may lie under the screen that is filled, where its keys would not be heard; and on the
        // button that has filled it, space would leave it.
        if (!this.root.matches(":focus-within") || this.room.matches(":focus")) this.root.focus();
        if (!this.playing) this.toggle();
      },
      // What the browser refuses is not offered again.
      () => (this.room.hidden = true),
    );
  }

  /** Space plays and F fills the screen while the focus is on the player or these others, and on nothing that has its own use for the key. */
  listenToKeys(...others: readonly HTMLElement[]): void {
    const act = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (target.matches("select") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === " " && !target.matches("button")) this.toggle();
      else if (event.key.toLowerCase() === "f") this.fillScreen();
      else return;
      event.preventDefault();
    };
    for (const place of [this.root, ...others]) place.addEventListener("keydown", act, { signal: this.signal });
  }

  private begin(): void {
    this.playing = { began: performance.now(), from: this.current };
    setText(this.button, "Pause");
  }

  private tick(now: number): void {
    if (!this.playing || this.signal.aborted) return;
    const { began, from } = this.playing;
    const frame = playedFrame(from, (Math.max(0, now - began) * this.rate) / 1000, this.frames, this.order);
    if (frame === null) {
      this.stop();
      return;
    }
    if (frame !== this.current) this.handlers.onFrame(frame);
    requestAnimationFrame((next) => this.tick(next));
  }
}
