import type { Position } from "../base/geometry";
import type { MapPane } from "./map";

/** A latent that stands on the map under a name. */
export interface Marked {
  readonly id: string;
  readonly name: string;
  readonly latent: Float32Array;
}

/** Shows where on the map latents are that a person has kept or brought. */
export class PinMarks {
  /** Places on the map in use, by id: each is looked up once. */
  private readonly positions = new Map<string, Promise<Position>>();
  private turn = 0;

  constructor(
    private readonly map: MapPane,
    /** Null while nothing can look a latent up. */
    private readonly positionOf: (latent: Float32Array) => Promise<Position> | null,
  ) {}

  /** The map has changed: every place is another. */
  forget(): void {
    this.positions.clear();
  }

  /** Shows these and no others. */
  async show(marked: readonly Marked[]): Promise<void> {
    const turn = ++this.turn;
    for (const id of this.positions.keys()) {
      if (!marked.some((mark) => mark.id === id)) this.positions.delete(id);
    }
    const placed = await Promise.all(
      marked.map(async ({ id, name, latent }) => {
        const looked = this.positions.get(id) ?? this.positionOf(latent);
        if (!looked) return [];
        this.positions.set(id, looked);
        return [{ position: await looked, look: "pin" as const, label: name }];
      }),
    );
    if (turn === this.turn) this.map.setMarks("pins", placed.flat());
  }
}
