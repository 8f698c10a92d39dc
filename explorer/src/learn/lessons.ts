import type { Heading, Lesson } from "./lesson";

export interface Registered extends Heading {
  /** Whether it is nothing without the server that trains. */
  readonly trains: boolean;
  readonly load: () => Promise<Lesson>;
}

/** Every lesson there is, in order; each comes in a file of its own when it is opened. */
export const LESSONS: readonly Registered[] = [
  {
    number: 1,
    slug: "bound",
    title: "From log p(x) to the ELBO",
    trains: false,
    load: async () => (await import("./bound/lesson")).lesson,
  },
];
