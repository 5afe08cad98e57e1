import type { JsonSchema, SubSchema } from '../schema/json-schema.ts';

/** A schema at its place in the document whose `$defs` it refers to. */
export interface SchemaNode {
  readonly root: SubSchema;
  readonly schema: SubSchema;
}

/** Another schema of the same document; what is none becomes one that nobody understands. */
export function at(node: SchemaNode, schema: unknown): SchemaNode {
  return { root: node.root, schema: isSchema(schema) ? schema : { unreadable: schema } };
}

/** Whether a value can be a schema. */
function isSchema(value: unknown): value is SubSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** The schema behind a local reference; undefined where there is none. */
export function follow(node: SchemaNode, reference: string): SchemaNode | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined;
  let found: unknown = node.root;
  for (const part of reference.split('/').slice(1)) {
    const name = decoded(part);
    if (name === undefined || typeof found !== 'object' || found === null || !Object.hasOwn(found, name))
      return undefined;
    found = (found as JsonSchema)[name];
  }
  return isSchema(found) ? at(node, found) : undefined;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}
