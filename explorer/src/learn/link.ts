import { type Address, inQuery } from "../state/address";
import { decodeText, encodeText, LONGEST_LINK } from "../state/codec";
import type { Heading } from "./lesson";

/** The parameters of the page's address that hold the open lesson and what it shows. */
const LESSON = "lesson";
const STATE = "state";
const VERSION = 1;

/** A link opens a lesson as it is: the address always is that link. */
export class LessonLink {
  constructor(private readonly place: Address = inQuery) {}

  /** The number of the lesson that the address names; NaN where it names none. */
  get lesson(): number {
    return Number.parseInt(this.place.get(LESSON) ?? "", 10);
  }

  /** What the address says of the state of a lesson; undefined where it says nothing that could be one. */
  state({ slug }: Heading): unknown {
    const decoded = decodeText(this.place.get(STATE) ?? "");
    if (!decoded || !Array.isArray(decoded.value)) return undefined;
    const [version, name, state] = decoded.value as unknown[];
    return version === VERSION && name === slug ? state : undefined;
  }

  /** The address of a lesson as it opens, or with a state; without it where the link would be too long to be passed on. */
  to({ number, slug }: Heading, state: unknown = null): string {
    const text = state === null ? null : encodeText([VERSION, slug, state], []);
    const bare = this.place.with({ [LESSON]: String(number), [STATE]: null });
    if (text === null) return bare;
    const whole = this.place.with({ [LESSON]: String(number), [STATE]: text });
    return whole.length <= LONGEST_LINK ? whole : bare;
  }
}
