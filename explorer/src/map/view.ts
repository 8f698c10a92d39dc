import { type Bounds, clamp, type Place, type Position } from "../base/geometry";

const MARGIN = 0.06;
const LEAST_ZOOM = 0.5;
const MOST_ZOOM = 400;

/** What part of the map is seen: the transform between map coordinates and CSS pixels of the map's element. */
export class View {
  width = 1;
  height = 1;
  /** CSS pixels a map unit. */
  scale = 1;
  private centerX = 0;
  private centerY = 0;

  constructor(private bounds: Bounds) {
    this.fit();
  }

  /** Where the middle of the map's element looks. */
  get center(): Position {
    return { x: this.centerX, y: this.centerY };
  }

  /** Looks at another map, whole. */
  setBounds(bounds: Bounds): void {
    this.bounds = bounds;
    this.fit();
  }

  /** Looks at a position, at a zoom relative to the whole map. */
  lookAt(position: Position, zoom: number): void {
    this.scale = this.fittingScale() * clamp(zoom, LEAST_ZOOM, MOST_ZOOM);
    this.moveCenter(position.x, position.y);
  }

  /** 1 when the whole map just fits, 2 at twice that size. */
  get zoom(): number {
    return this.scale / this.fittingScale();
  }

  fit(): void {
    this.centerX = (this.bounds.left + this.bounds.right) / 2;
    this.centerY = (this.bounds.bottom + this.bounds.top) / 2;
    this.scale = this.fittingScale();
  }

  resize(width: number, height: number): void {
    const zoom = this.zoom;
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.scale = this.fittingScale() * zoom;
  }

  toPlace(position: Position): Place {
    return {
      left: (position.x - this.centerX) * this.scale + this.width / 2,
      top: (this.centerY - position.y) * this.scale + this.height / 2,
    };
  }

  toPosition(place: Place): Position {
    return {
      x: (place.left - this.width / 2) / this.scale + this.centerX,
      y: (this.height / 2 - place.top) / this.scale + this.centerY,
    };
  }

  panBy(left: number, top: number): void {
    this.moveCenter(this.centerX - left / this.scale, this.centerY + top / this.scale);
  }

  /** Scales by `factor` while what lies at `place` stays there. */
  zoomAt(factor: number, place: Place): void {
    const fixed = this.toPosition(place);
    const fitting = this.fittingScale();
    this.scale = clamp(this.scale * factor, fitting * LEAST_ZOOM, fitting * MOST_ZOOM);
    const moved = this.toPosition(place);
    this.moveCenter(this.centerX + fixed.x - moved.x, this.centerY + fixed.y - moved.y);
  }

  /** Pans just far enough that `position` is seen where it is `free`, or looks at the whole map where that would lose it; tells whether it had to. */
  reveal(position: Position, free: (place: Place) => Place): boolean {
    const place = this.toPlace(position);
    const wanted = free(place);
    if (wanted.left === place.left && wanted.top === place.top) return false;
    this.panBy(wanted.left - place.left, wanted.top - place.top);
    if (!this.shows(position)) this.fit();
    return true;
  }

  shows(position: Position): boolean {
    const { left, top } = this.toPlace(position);
    return left >= 0 && left <= this.width && top >= 0 && top <= this.height;
  }

  /** Whether a position is out of sight even where the whole map is seen. */
  isBeyond({ x, y }: Position): boolean {
    const { left, right, bottom, top } = this.bounds;
    const across = 2 * this.fittingScale() * Math.abs(x - (left + right) / 2);
    const up = 2 * this.fittingScale() * Math.abs(y - (bottom + top) / 2);
    return across > this.width || up > this.height;
  }

  private moveCenter(x: number, y: number): void {
    this.centerX = clamp(x, this.bounds.left, this.bounds.right);
    this.centerY = clamp(y, this.bounds.bottom, this.bounds.top);
  }

  private fittingScale(): number {
    const across = Math.max(this.bounds.right - this.bounds.left, Number.EPSILON) * (1 + 2 * MARGIN);
    const up = Math.max(this.bounds.top - this.bounds.bottom, Number.EPSILON) * (1 + 2 * MARGIN);
    return Math.min(this.width / across, this.height / up);
  }
}
