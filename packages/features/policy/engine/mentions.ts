import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';
import type { Mentions } from './compiled-policy.ts';

const argumentKinds: ReadonlySet<unknown> = new Set(['arguments', 'numbers', 'lists']);

interface Found {
  principal: boolean;
  resource: boolean;
  flags: boolean;
  readonly names: Set<string>;
  any: boolean;
  all: boolean;
}

/** Tells what the conditions of a policy look at; what it does not recognize counts as looking at everything. */
export function mentionsOf({ conditions }: PolicyJson): Mentions {
  const found: Found = { principal: false, resource: false, flags: false, names: new Set(), any: false, all: false };
  for (const { body } of conditions) look(body, found);
  const { principal, resource, flags } = found;
  const named = found.all ? 'all' : [...found.names].toSorted();
  return { principal, resource, flags, ...(found.any ? { arguments: named } : {}) };
}

type Node = Readonly<Record<string, unknown>>;

function look(value: unknown, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) look(item, found);
    return;
  }
  if (!isNode(value) || 'Value' in value) return;
  if (noteVariable(value, found) || noteTag(value, found) || noteContext(value, found)) return;
  for (const part of Object.values(value)) look(part, found);
}

function noteVariable(value: Node, found: Found): boolean {
  const name = value['Var'];
  if (typeof name !== 'string') return false;
  if (name === 'principal') found.principal = true;
  else if (name === 'resource') found.resource = true;
  // The whole context, of which nobody can say what is looked at.
  else if (name === 'context') {
    found.flags = true;
    found.any = true;
    found.all = true;
  }
  return true;
}

/** `context.arguments.getTag("branch")` and its like: the name is known. */
function noteTag(value: Node, found: Found): boolean {
  const tag = value['hasTag'] ?? value['getTag'];
  if (!isNode(tag) || !argumentKinds.has(attributeOfContext(tag['left']))) return false;
  found.any = true;
  const name = isNode(tag['right']) ? tag['right']['Value'] : undefined;
  if (typeof name === 'string') found.names.add(name);
  else {
    found.all = true;
    look(tag['right'], found);
  }
  return true;
}

function noteContext(value: Node, found: Found): boolean {
  const attribute = attributeOfContext(value);
  if (attribute === undefined) return false;
  if (attribute === 'flags') found.flags = true;
  else {
    found.any = true;
    found.all = true;
  }
  return true;
}

/** The attribute of an expression `context.attribute`. */
function attributeOfContext(value: unknown): unknown {
  const access = isNode(value) ? value['.'] : undefined;
  if (!isNode(access) || !isNode(access['left'])) return undefined;
  return access['left']['Var'] === 'context' ? access['attr'] : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
