import { clamp, type Place } from "../base/geometry";

/** A box that lies over the map, in CSS pixels from the top left corner of the map's element. */
export interface Cover {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Pixels from the middle of a sign to whatever would hide a part of it. */
const ROOM = 24;

/** The place nearest to `place` where a sign is seen whole: off the map's edge, and below a tool that would lie on it. */
export function freePlace(place: Place, { width, height }: { readonly width: number; readonly height: number }, tools: readonly Cover[]): Place {
  const left = clamp(place.left, ROOM, width - ROOM);
  const top = clamp(place.top, ROOM, height - ROOM);
  const over = tools.find((tool) => left > tool.left - ROOM && left < tool.right + ROOM && top > tool.top - ROOM && top < tool.bottom + ROOM);
  return { left, top: over ? over.bottom + ROOM : top };
}
