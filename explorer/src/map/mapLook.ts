import { contours } from "../measure/contours";
import { densityOf, densityOfPoints, type DensityGrid, massLevels } from "../measure/density";
import { Emptiness } from "../measure/emptiness";
import type { LatentMap } from "../plane/latentMap";
import { type LinearMap, planeOfAxes } from "../plane/linearMap";
import { dimensionWords } from "../model/dimensionWords";
import { type Manifest, mapBounds } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import type { PointData } from "../model/pointData";
import { classColors, toCss, toWord } from "../page/palette";
import { standingBack } from "./points";
import { limits, rampColors, rampGradient } from "../page/ramps";
import type { Rgb, Theme } from "../page/theme";
import { type ColorBy, INITIAL, type Layers, type Method, type State } from "../state/state";
import { contourPath } from "./backdrop";
import { farGridOf, surroundingsOf } from "./farGrid";
import { type Bounds, boundsAround, type Position } from "../base/geometry";
import { Lattice } from "./lattice";
import type { Legend } from "./legend";
import type { MapPane } from "./map";

/** Shares of the points inside the contours, from the outermost. */
const SHARES = [0.95, 0.75, 0.5, 0.25];
/** The density's kernel, as a share of the map's longer side: narrow enough to keep clusters apart. */
const BANDWIDTH = 0.012;
/** Of points that stand back. */
const GREY: Readonly<Record<"dark" | "light", Rgb>> = { light: [205, 208, 214], dark: [66, 72, 84] };
/** Images of the lattice along the longer side when the whole map is seen from afar. */
const COARSEST = 8;

export interface MapLookSource {
  /** Images of latents; null while nothing can decode. */
  images(latents: Float32Array): Promise<Float32Array | null>;
  /** The points have been laid out by a method that took its time. */
  onLayout(): void;
  /** The classes have other colours, in the legend and on the map. */
  onClassColors(colors: readonly Rgb[]): void;
  onError(error: unknown): void;
}

/** How the points lie, which of them are seen, their colours, and what is behind them. */
export class MapLook {
  /** The plane of latent space that the map is, null where it is the model's own map. */
  private flat: LinearMap | null = null;
  /** The layout that is still being computed. */
  private laying: Promise<void> | null = null;
  private points: Float32Array;
  private bounds: Bounds;
  private visible: Uint8Array | null = null;
  private lit: Uint8Array | null = null;
  private theme: Theme = { dark: false };
  private emptiness: Emptiness | null = null;
  private density: DensityGrid | null = null;
  private lattice: Lattice | null = null;
  /** Counts the colourings asked for: only the newest is painted. */
  private coloring = 0;
  private complete = false;
  private state: State = INITIAL;

  constructor(
    private readonly manifest: Manifest,
    private readonly data: PointData,
    private readonly map: MapPane,
    private readonly legend: Legend,
    private readonly source: MapLookSource,
  ) {
    this.points = data.mapped;
    this.bounds = mapBounds(manifest);
    map.setPoints(this.points, this.bounds);
  }

  /** Shows what lies behind the points, which the first image does not wait for. */
  open(state: State): void {
    this.complete = true;
    this.back(state.layers);
  }

  /** Takes over what has changed between two states; tells whether the points lie elsewhere now. */
  apply(state: State, before: State): boolean {
    this.state = state;
    const moved = state.method !== before.method && this.layOut(state.method);
    const filtered = state.hidden !== before.hidden;
    if (filtered) this.hide(state.hidden);
    if (moved || filtered) this.density = null;
    const grounded = state.layers.lattice !== before.layers.lattice;
    if (grounded) this.tellClassColors();
    if (moved || filtered || grounded || state.colorBy !== before.colorBy) this.color(state.colorBy);
    if (this.complete && (moved || filtered || state.layers !== before.layers)) this.back(state.layers);
    return moved;
  }

  setTheme(theme: Theme, state: State): void {
    this.theme = theme;
    this.map.backdrop.setDark(theme.dark);
    this.tellClassColors();
    this.color(state.colorBy);
    this.map.refresh();
  }

  /** The map in use. */
  get latentMap(): LatentMap {
    return this.flat ?? this.data.map;
  }

  /** The share of the latents' variance that the map holds; null where that is not what it was made for. */
  get explained(): number | null {
    return this.flat?.explained ?? null;
  }

  /** Calls back as soon as no layout is being computed. */
  whenLaidOut(then: () => void): void {
    if (this.laying) void this.laying.then(() => this.whenLaidOut(then));
    else then();
  }

  get classColors(): readonly Rgb[] {
    return classColors(this.manifest.data.class_names.length, this.dark);
  }

  private tellClassColors(): void {
    this.legend.setColors(this.classColors);
    this.source.onClassColors(this.classColors);
  }

  /** Whether the points lie on a dark ground: that of the page, or of the images on the lattice. */
  private get dark(): boolean {
    return this.state.layers.lattice ? this.manifest.data.background < 0.5 : this.theme.dark;
  }

  /** @param lit 0 for a point that stands back behind the others, grey; null where none does */
  setLit(lit: Uint8Array | null): void {
    this.lit = lit;
    this.color(this.state.colorBy);
  }

  get shown(): Uint8Array | null {
    return this.visible;
  }

  get positions(): Float32Array {
    return this.points;
  }

  isFar(position: Position): boolean {
    return this.measured().isFar(position);
  }

  /** What a place on no point is called. */
  get between(): string {
    return `between ${pointWords(this.manifest).all}`;
  }

  className(point: number): string {
    return this.manifest.data.class_names[this.data.labels[point]!] ?? "";
  }

  classColor(point: number): string {
    return toCss(this.classColors[this.data.labels[point]!] ?? [128, 128, 128]);
  }

  /** Lays the points out; tells whether that is done, or will be when it has been computed. */
  private layOut(method: Method): boolean {
    this.laying = null;
    const flat = this.flatMap(method);
    const waits = flat instanceof Promise;
    this.map.setBusy(waits ? "Laying out…" : null);
    if (waits) this.laying = this.layOutLater(flat);
    else this.use(flat);
    return !waits;
  }

  /** Takes a layout when it is there, unless another has been chosen in the meantime. */
  private layOutLater(flat: Promise<LinearMap>): Promise<void> {
    const laying: Promise<void> = flat.then(
      (found) => {
        if (this.laying !== laying) return;
        this.laying = null;
        this.map.setBusy(null);
        this.use(found);
        this.density = null;
        this.color(this.state.colorBy);
        if (this.complete) this.back(this.state.layers);
        this.source.onLayout();
      },
      (error: unknown) => this.source.onError(error),
    );
    return laying;
  }

  private use(flat: LinearMap | null): void {
    this.flat = flat;
    this.points = flat ? flat.positionsOf(this.data.latents) : this.data.mapped;
    this.bounds = flat ? boundsAround(this.points) : mapBounds(this.manifest);
    this.emptiness = null;
    this.dropLattice();
    this.map.setPoints(this.points, this.bounds);
  }

  private flatMap(method: Method): LinearMap | Promise<LinearMap> | null {
    if (method.kind === "axes") return planeOfAxes(method.axes, Float32Array.from(this.manifest.latent.mean));
    return method.kind === "pca" ? this.data.principalPlane() : null;
  }

  private hide(hidden: ReadonlySet<number>): void {
    this.visible = hidden.size === 0 ? null : Uint8Array.from(this.data.labels, (label) => (hidden.has(label) ? 0 : 1));
    this.map.setVisible(this.visible);
    this.legend.setHidden(hidden);
  }

  private color(colorBy: ColorBy): void {
    const turn = ++this.coloring;
    if (colorBy.kind === "class") {
      const words = this.classColors.map(toWord);
      this.legend.setScale(null);
      this.paintPoints(Uint32Array.from(this.data.labels, (label) => words[label] ?? 0));
      return;
    }
    this.values(colorBy).then(
      (values) => turn === this.coloring && this.colorByValues(values, colorBy),
      (error: unknown) => this.source.onError(error),
    );
  }

  private colorByValues(values: Float32Array, colorBy: ColorBy): void {
    const diverging = colorBy.kind === "dimension";
    const { low, high } = limits(values, diverging);
    const scale = { low, high, diverging, dark: this.dark };
    this.legend.setScale({ title: this.titleOf(colorBy), low, high, gradient: rampGradient(scale) });
    this.paintPoints(rampColors(values, scale));
  }

  private titleOf(colorBy: ColorBy): string {
    if (colorBy.kind === "dimension") return dimensionWords(this.manifest.latent, colorBy.dimension).spoken;
    return { class: "Class", kl: "KL, nats", reconstruction_error: "Mean square error a pixel", density: "Points a map unit²" }[colorBy.kind];
  }

  private async values(colorBy: ColorBy): Promise<Float32Array> {
    if (colorBy.kind === "dimension") return this.data.dimension(colorBy.dimension);
    if (colorBy.kind === "kl" || colorBy.kind === "reconstruction_error") return this.data.values(colorBy.kind);
    return densityOfPoints(this.grid(), this.points);
  }

  private paintPoints(colors: Uint32Array): void {
    const { visible, lit } = this;
    const grey = standingBack(this.dark ? GREY.dark : GREY.light);
    if (lit) for (let point = 0; point < colors.length; point++) if (lit[point] === 0) colors[point] = grey;
    if (visible) for (let point = 0; point < colors.length; point++) if (visible[point] === 0) colors[point] = 0;
    this.map.setColors(colors);
  }

  /** What is far is measured when it is first asked, which is after the first image. */
  private measured(): Emptiness {
    return (this.emptiness ??= new Emptiness(this.points, surroundingsOf(this.bounds)));
  }

  private grid(): DensityGrid {
    const { left, right, bottom, top } = this.bounds;
    const bandwidth = BANDWIDTH * Math.max(right - left, top - bottom);
    return (this.density ??= densityOf(this.points, this.bounds, { bandwidth, visible: this.visible }));
  }

  private back(layers: Layers): void {
    const { backdrop } = this.map;
    backdrop.setFar(layers.emptiness ? farGridOf(this.measured(), this.bounds) : null);
    backdrop.setContours(layers.contours ? this.contourPaths() : []);
    if (layers.lattice) this.lattice ??= this.newLattice();
    else this.dropLattice();
    backdrop.setLattice(this.lattice);
    this.map.setFaint(layers.lattice);
    this.map.refresh();
  }

  private contourPaths(): Path2D[] {
    const grid = this.grid();
    return contours(grid, massLevels(grid, SHARES)).map(({ lines }) => contourPath(lines));
  }

  /** What is still being decoded for it is the last. */
  private dropLattice(): void {
    this.lattice?.clear();
    this.lattice = null;
  }

  private newLattice(): Lattice {
    const { image_size, channels } = this.manifest.model;
    const { left, right, bottom, top } = this.bounds;
    return new Lattice(
      {
        size: image_size,
        channels,
        images: (positions) => this.source.images(this.latentMap.latentsAt(positions)),
        isFar: (position) => this.isFar(position),
      },
      Math.max(right - left, top - bottom) / COARSEST,
      () => this.map.refresh(),
      (error) => this.source.onError(error),
    );
  }
}
