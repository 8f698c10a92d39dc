import { fetchJson } from "../model/files";
import { Failure } from "../base/failure";

/** A model of this site, as `models.json` lists it. */
export interface Listed {
  /** Its folder below `models/`. */
  readonly name: string;
  /** What it has learned from, in a few words. */
  readonly about: string;
  /** A small picture in its folder. */
  readonly picture: string;
  /** Another one whenever its files change. */
  readonly version: string;
}

const FORMAT = 1;
const MEMBERS = ["name", "about", "picture", "version"] as const;

function isListed(value: unknown): value is Listed {
  return typeof value === "object" && value !== null && MEMBERS.every((member) => typeof (value as Record<string, unknown>)[member] === "string");
}

/** The folder of a model's files, which ends in a slash. */
export const folderOf = ({ name }: Listed, base: string): string => new URL(`models/${encodeURIComponent(name)}/`, base).href;

/** The models of the site at `base`; at least one. */
export async function readCatalogue(base: string, signal: AbortSignal): Promise<readonly [Listed, ...Listed[]]> {
  const read: unknown = await fetchJson(new URL("models.json", base).href, signal);
  const { format, models } = (typeof read === "object" && read !== null ? read : {}) as { format?: unknown; models?: unknown };
  if (format === FORMAT && Array.isArray(models) && models.length > 0 && models.every(isListed)) return models as unknown as [Listed, ...Listed[]];
  throw new Failure("The list of models cannot be read.", "models.json is not one of this software's.", "Export the site again.");
}
