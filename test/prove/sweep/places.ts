import type { Described, Schema } from './document.ts';

/** One step on the way from a schema to a value in it. */
export type Step = { readonly property: string } | { readonly variant: number } | { readonly item: true };

/** Where a request takes an id. */
export interface Place {
  readonly part: 'path' | 'query' | 'body';
  /** The name of the field, or of the one that the list is in. */
  readonly field: string;
  readonly steps: readonly Step[];
}

const deepest = 8;

/** Every place of a request where an id stands: each field of the path, and each UUID of query and body. */
export function placesOf({ parameters, body }: Described): readonly Place[] {
  const named = parameters.flatMap(({ in: part, name, schema }): readonly Place[] => {
    if (part === 'path') return schema.enum === undefined ? [{ part, field: name, steps: [] }] : [];
    return part === 'query' && isId(schema) ? [{ part, field: name, steps: [] }] : [];
  });
  return [
    ...named,
    ...(body === undefined ? [] : inSchema(body, 'body', []).map((place) => ({ ...place, part: 'body' as const }))),
  ];
}

/** Every place in a schema where an id stands. */
export function inSchema(schema: Schema, field: string, steps: readonly Step[]): readonly Omit<Place, 'part'>[] {
  if (steps.length > deepest) return [];
  if (isId(schema)) return [{ field, steps }];
  const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [
    ...variants.flatMap((variant, index) => inSchema(variant, field, [...steps, { variant: index }])),
    ...Object.entries(schema.properties ?? {}).flatMap(([property, inner]) =>
      inSchema(inner, property, [...steps, { property }]),
    ),
    ...(schema.items === undefined ? [] : inSchema(schema.items, field, [...steps, { item: true }])),
  ];
}

function isId(schema: Schema): boolean {
  return schema.type === 'string' && schema.format === 'uuid';
}
