import type { Underway } from "../base/underway";
import { Range, Segments } from "../page/controls";
import { element } from "../page/dom";
import { BEYOND, type Choices, FRAMES, isComputed, type Mode, type Shape, SIDES, type Spacing } from "./state";

const MODES = [
  { value: "line", label: "Line", title: "Straight through latent space" },
  { value: "slerp", label: "Great circle", title: "Turning evenly about the origin (slerp): it stays as far from the origin as the stops, where N(0, I) has its mass" },
  { value: "data", label: "Along the data", title: "Short in the image, and where the data are: a change counts twice as much where latents are twice as rare in each dimension; never over 2 % longer than the line. Computed on the server" },
  { value: "geodesic", label: "Shortest in pixels", title: "The path whose images change least in all (the decoder's geodesic), wherever it leads: it looks like a cross-fade. Computed on the server" },
];
const IN_THE_FLOW = { value: "flow", label: "Straight in the flow", title: "Straight in the own space of the flow that is this model’s prior, where the data lie as N(0, I), and carried back" };
const SPACINGS = [
  { value: "latent", label: "Even in latent space", title: "Equal steps in z from frame to frame" },
  { value: "image", label: "Even in the image", title: "Equal change of the image from frame to frame" },
];
const SHAPES = [
  { value: "path", label: "Path", title: "A film through all stops" },
  { value: "grid", label: "Grid", title: "All images between four corners: stops A, B, C and D" },
];

const UNSEARCHED = "Paths along the data and those shortest in pixels are searched for by a server, which this page does without.";

export interface SettingsHandlers {
  onChange(change: Partial<Choices>): void;
  /** A handle is moving; then it is let go, or what it did is taken back. */
  preview(change: Partial<Choices>): void;
  commit(): void;
  cancel(): void;
}

/** How the frames are laid between the stops. */
export class Settings {
  readonly root: HTMLElement;
  private readonly shape: Segments;
  private readonly mode: Segments;
  private readonly spacing: Segments;
  private readonly frames: Range;
  private readonly beyond: Range;
  private readonly side: Range;

  /**
   * @param searched whether a server stands behind the page that searches for paths
   * @param flow whether the model's prior is one
   */
  constructor(
    handlers: SettingsHandlers,
    underway: Underway,
    private readonly searched: boolean,
    flow: boolean,
  ) {
    const ends = { commit: () => handlers.commit(), cancel: () => handlers.cancel() };
    this.shape = new Segments("Shape", SHAPES, (value) => handlers.onChange({ shape: value as Shape }));
    this.mode = new Segments("Path", flow ? [...MODES, IN_THE_FLOW] : MODES, (value) => handlers.onChange({ mode: value as Mode }));
    this.spacing = new Segments("Steps", SPACINGS, (value) => handlers.onChange({ spacing: value as Spacing }));
    this.frames = new Range(
      {
        label: "Frames",
        title: "Images from the first stop to the last",
        ...FRAMES,
        step: 1,
        written: String,
        preview: (frames) => handlers.preview({ frames }),
        ...ends,
      },
      underway,
    );
    this.beyond = new Range(
      {
        label: "Beyond",
        title: "How far the path goes on beyond its ends, as a share of its first and last part",
        ...BEYOND,
        step: 0.05,
        written: (value) => `${Math.round(100 * value)} %`,
        preview: (beyond) => handlers.preview({ beyond }),
        ...ends,
      },
      underway,
    );
    this.side = new Range(
      {
        label: "Side",
        title: "Images along each side of the grid",
        ...SIDES,
        step: 1,
        written: (value) => `${value} × ${value}`,
        preview: (side) => handlers.preview({ side }),
        ...ends,
      },
      underway,
    );
    this.root = element(
      "div",
      { class: "settings", role: "group", "aria-label": "How to interpolate" },
      this.shape.root,
      this.mode.root,
      this.spacing.root,
      this.frames.root,
      this.beyond.root,
      this.side.root,
      ...(searched ? [] : [element("p", { class: "muted message" }, UNSEARCHED)]),
    );
  }

  /** The button of the kind of path that holds. */
  get chosenMode(): HTMLElement | null {
    return this.mode.pressed;
  }

  show({ shape, mode, spacing, frames, beyond, side }: Choices): void {
    this.shape.value = shape;
    // A grid is laid by lines or great circles: to search for so many paths would take minutes.
    this.mode.value = isComputed(mode) && shape === "grid" ? "line" : mode;
    this.spacing.value = spacing;
    this.frames.value = frames;
    this.beyond.value = beyond;
    this.side.value = side;
    const path = shape === "path";
    for (const control of [this.spacing, this.frames, this.beyond]) control.root.hidden = !path;
    this.side.root.hidden = path;
    for (const computed of ["data", "geodesic"]) this.mode.allow(computed, path && this.searched);
  }
}
