/** A schema of JSON Schema 2020-12. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Requests hold what clients may write, answers what they may read. */
export type Direction = 'request' | 'answer';
