import { type MapForm, mapForm, type Places } from "./places";
import type { Steps } from "./steps";
import type { Trace } from "./trace";

/** Where each value is, and in which form: in row-major order, as an image with a margin, or both. */
export class Values {
  private readonly flat = new Map<string, number>();
  private readonly maps = new Map<string, number>();
  /** Of a value that is another one in another shape: that other one. */
  private readonly roots = new Map<string, string>();

  constructor(
    private readonly trace: Trace,
    private readonly places: Places,
    private readonly steps: Steps,
  ) {}

  shape(name: string): readonly number[] {
    return this.trace.shapes.get(name)!;
  }

  rename(from: string, to: string): void {
    this.roots.set(to, this.root(from));
  }

  takeFlat(name: string, shape: readonly number[]): number {
    const place = this.places.takeFlat(shape);
    this.flat.set(name, place);
    return place;
  }

  takeMap(name: string, form: MapForm): number {
    const place = this.places.take(form.bytes);
    this.maps.set(name, place);
    return place;
  }

  hasMap(name: string): boolean {
    return this.maps.has(name);
  }

  /** A value that is an image and has not been needed in any other form. */
  onlyMap(name: string): { place: number; form: MapForm } | null {
    const root = this.root(name);
    const place = this.maps.get(root);
    return place === undefined || this.flat.has(root) ? null : { place, form: mapForm(this.shape(root)) };
  }

  /** Where a value lies in row-major order; it is brought there if it lies elsewhere. */
  flatOf(name: string): number {
    const root = this.root(name);
    const present = this.flat.get(root);
    if (present !== undefined) return present;
    const constant = this.trace.constants.get(root);
    if (constant) {
      const place = this.places.constant(constant);
      this.flat.set(root, place);
      return place;
    }
    const { first, row, pixel, height, width, channels } = mapForm(this.shape(root));
    const from = this.maps.get(root)! + first;
    const place = this.takeFlat(root, this.shape(root));
    this.steps.call("separate", from, place, row, pixel, height, width, channels);
    return place;
  }

  /** Where a value lies as an image with a margin. */
  mapOf(name: string): number {
    const present = this.maps.get(name);
    if (present !== undefined) return present;
    const form = mapForm(this.shape(name));
    const from = this.flatOf(name);
    const place = this.takeMap(name, form);
    this.steps.call("interleave", from, place + form.first, form.row, form.pixel, form.height, form.width, form.channels);
    return place;
  }

  private root(name: string): string {
    return this.roots.get(name) ?? name;
  }
}
