import type { Position } from "../base/geometry";
import type { MapPane } from "./map";
import type { Mark } from "./marks";

/** A latent that stands on the map under a name. */
export interface Marked {
  readonly id: string;
  readonly name: string;
  readonly latent: Float32Array;
}

/** Shows where on the map latents are that a person has kept or brought. */
export class PinMarks {
  /** Places on the map in use, by id: each is looked up once. */
  private readonly positions = new Map<string, Position>();

  constructor(
    private readonly map: MapPane,
    /** Null while there is no map yet. */
    private readonly positionOf: (latent: Float32Array) => Position | null,
  ) {}

  /** The map has changed: every place is another. */
  forget(): void {
    this.positions.clear();
  }

  /** Shows these and no others. */
  show(marked: readonly Marked[]): void {
    for (const id of this.positions.keys()) {
      if (!marked.some((mark) => mark.id === id)) this.positions.delete(id);
    }
    const marks: Mark[] = [];
    for (const { id, name, latent } of marked) {
      const position = this.positions.get(id) ?? this.positionOf(latent);
      if (!position) continue;
      this.positions.set(id, position);
      marks.push({ position, look: "pin", label: name });
    }
    this.map.setMarks("pins", marks);
  }
}
