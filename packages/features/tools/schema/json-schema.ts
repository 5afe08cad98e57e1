/** A JSON Schema (2020-12) that is an object; sub-schemas may also be booleans. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export type SubSchema = JsonSchema | boolean;
