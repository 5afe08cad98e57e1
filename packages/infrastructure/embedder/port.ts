/** Turns texts into vectors whose closeness means likeness. */
export interface Embedder {
  readonly model: EmbeddingModel;
  /** One unit-length vector per text, in order. `purpose` matters to models that treat questions unlike passages. */
  embed(
    texts: readonly string[],
    purpose: 'passage' | 'question',
    signal?: AbortSignal,
  ): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

export interface EmbeddingModel {
  /** e.g. `local` or `openai`. */
  readonly provider: string;
  readonly name: string;
  readonly dimensions: number;
  /** Tokens of one text beyond which the model ignores the rest. */
  readonly maximumTokens: number;
}
