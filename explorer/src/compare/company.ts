import type { Manifest } from "../model/manifest";
import { pointWords } from "../model/pointWords";
import type { ComparedMap } from "./comparedMap";
import { type MapImages, SameImages } from "./sameImages";
import type { NamedImage } from "./words";

/** What two maps of the same data have in common: images with the same places in it. */
export const dataOf = ({ data }: Manifest): string => `${data.fingerprint}/${data.split}`;

/** The models of a comparison, as far as they are there, and which images they have in common. */
export class Company {
  private same = new SameImages([]);
  /** By map, which of its images all maps of the same data show; null for a map that does not say. */
  private shared: readonly (Uint8Array | null)[] = [];

  constructor(readonly maps: readonly ComparedMap[]) {}

  /** A model has come or gone. */
  meet(): void {
    const images = this.maps.map(({ shown, letter }): MapImages => ({ data: shown ? dataOf(shown.manifest) : `none, ${letter}`, indices: shown?.indices ?? null }));
    this.same = new SameImages(images);
    this.shared = images.map(({ indices }, place) => indices && this.same.shared(place));
  }

  /** Those that show images of the same data as a map, and say which, itself among them. */
  with(map: ComparedMap): readonly ComparedMap[] {
    return this.maps.filter((other) => other.shown && (other === map || this.together(other, map)));
  }

  together(one: ComparedMap, other: ComparedMap): boolean {
    return this.same.together(this.maps.indexOf(one), this.maps.indexOf(other));
  }

  /** The point of a map that shows what `point` of the map `from` shows; null where none does. */
  pointOn(map: ComparedMap, from: ComparedMap, point: number): number | null {
    return this.same.pointOn(this.maps.indexOf(map), this.maps.indexOf(from), point);
  }

  /** The same for many, without those that the map does not show. */
  pointsOn(map: ComparedMap, from: ComparedMap, points: Uint32Array): Uint32Array {
    return map === from ? points : this.same.pointsOn(this.maps.indexOf(map), this.maps.indexOf(from), points);
  }

  /** One number a point of a map: 1 where all maps of the same data show its image. */
  sharedOn(map: ComparedMap): Uint8Array | null {
    return this.shared[this.maps.indexOf(map)] ?? null;
  }

  named(map: ComparedMap, point: number): NamedImage {
    const { look, manifest } = map.shown!;
    const named = { place: this.same.placeOf(this.maps.indexOf(map), point), className: look.className(point) };
    return manifest.data.decoded ? { ...named, decoded: pointWords(manifest).one } : named;
  }
}
