type Figures = Readonly<Record<string, number | string>>;

/** How a check ended: what it counted, and a sentence for each leak. */
export interface Outcome {
  readonly figures: Figures;
  readonly failures: readonly string[];
}
