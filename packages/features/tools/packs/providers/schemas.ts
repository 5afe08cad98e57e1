import type { DescribedSchema } from '../../discovery/described-document.ts';

/** A text. */
export function text(description: string): DescribedSchema {
  return { type: 'string', description };
}

/** A whole number. */
export function integer(description: string): DescribedSchema {
  return { type: 'integer', description };
}

/** A list of texts. */
export function texts(description: string): DescribedSchema {
  return { type: 'array', items: { type: 'string' }, description };
}

/** An object of which these members are known; those named must be there. */
export function object(
  properties: Readonly<Record<string, DescribedSchema>>,
  required: readonly string[] = [],
): DescribedSchema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}
