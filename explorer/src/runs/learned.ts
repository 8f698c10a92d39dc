/** What a run has learned so far: `learned` in vae_core/runs/report.py. Figures in nats an image, a value an epoch. */
export interface Learned {
  readonly epochs: readonly number[];
  readonly training: readonly number[];
  /** Null where no images are held out. */
  readonly validation: readonly number[] | null;
  readonly log_likelihood: readonly number[];
  readonly kl: readonly number[];
  readonly kl_per_dimension: readonly number[];
  /** What is odd, in words. */
  readonly remark: string | null;
  readonly map: LearnedMap | null;
  readonly class_names: readonly string[];
  readonly pictured: boolean;
}

/** Where a sample of the images lies, laid as it lay before. */
export interface LearnedMap {
  readonly positions: readonly (readonly [number, number])[];
  readonly labels: readonly number[];
}
