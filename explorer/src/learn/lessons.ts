import type { Heading, Lesson } from "./lesson";

export interface Registered extends Heading {
  /** Those words of its title that are seen in the list: all seven find room in a row. */
  readonly short: string;
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
    short: "the ELBO",
    trains: false,
    load: async () => (await import("./bound/lesson")).lesson,
  },
  {
    number: 2,
    slug: "mixtures",
    title: "Why Gaussians suffice",
    short: "Gaussians suffice",
    trains: false,
    load: async () => (await import("./mixtures/lesson")).lesson,
  },
  {
    number: 3,
    slug: "gradients",
    title: "The reparameterisation",
    short: "reparameterisation",
    trains: false,
    load: async () => (await import("./gradients/lesson")).lesson,
  },
  {
    number: 4,
    slug: "samples",
    title: "Why one sample suffices",
    short: "one sample",
    trains: false,
    load: async () => (await import("./samples/lesson")).lesson,
  },
  {
    number: 5,
    slug: "variance",
    title: "Why the decoder variance is often fixed",
    short: "decoder variance",
    trains: false,
    load: async () => (await import("./variance/lesson")).lesson,
  },
  {
    number: 6,
    slug: "divergence",
    title: "The closed-form KL",
    short: "closed-form KL",
    trains: false,
    load: async () => (await import("./divergence/lesson")).lesson,
  },
  {
    number: 7,
    slug: "flow",
    title: "Another family with a fixed prior",
    short: "Another family",
    trains: false,
    load: async () => (await import("./flow/lesson")).lesson,
  },
];
