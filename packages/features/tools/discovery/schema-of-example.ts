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
  switch (typeof example) {
    case 'string':
      return { type: 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: 'number' };
    case 'object':
      return example === null ? {} : objectSchema(example, depth);
    default:
      return {};
  }
}

function objectSchema(example: object, depth: number): DescribedSchema {
  const members = Object.entries(example).slice(0, mostMembers);
  const properties = Object.fromEntries(members.map(([name, value]) => [name, schemaOfExample(value, depth + 1)]));
  return { type: 'object', properties };
}
