import type { Address } from "../state/address";

export interface LearnOptions {
  /** Where the app's other pages are, by name, relative to this one; lessons lead to no others. */
  readonly pages: Readonly<Record<string, string>>;
  /** Whether a server stands behind that trains what some lessons are about. */
  readonly trains: boolean;
  /** What has been made for lessons elsewhere, by the lesson's slug: a flow that was trained, say. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** Told which lesson is open. */
  readonly onLesson?: (number: number) => void;
  /** Where the address holds what is on show: in its query, if not said otherwise. */
  readonly address?: Address;
}
