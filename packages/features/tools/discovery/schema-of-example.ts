import type { DescribedSchema } from './described-document.ts';

const deepest = 8;
const mostMembers = 200;

/** The loosest schema that says what an example is made of; nothing is required, since an example shows only one way. */
export function schemaOfExample(example: unknown, depth = 0): DescribedSchema {
  if (depth > deepest) return {};
  if (Array.isArray(example)) {
    const [first] = example as readonly unknown[];
    return { type: 'array', items: first === undefined ? {} : schemaOfExample(first, depth + 1) };
  }
  if (typeof example === 'string' || typeof example === 'boolean' || typeof example === 'number') {
    return { type: typeof example };
  }
  return typeof example === 'object' && example !== null ? objectSchema(example, depth) : {};
}

function objectSchema(example: object, depth: number): DescribedSchema {
  const members = Object.entries(example).slice(0, mostMembers);
  const properties = Object.fromEntries(members.map(([name, value]) => [name, schemaOfExample(value, depth + 1)]));
  return { type: 'object', properties };
}
