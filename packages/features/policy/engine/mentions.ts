import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';
import type { ArgumentKind, Mentions } from './compiled-policy.ts';

const argumentKinds: readonly ArgumentKind[] = ['arguments', 'numbers', 'lists'];

interface Found {
  principal: boolean;
  resource: boolean;
  flags: boolean;
  readonly names: Set<string>;
  readonly kinds: Set<ArgumentKind>;
  all: boolean;
}

/** Tells what the conditions of a policy look at; what it does not recognize counts as looking at everything. */
export function mentionsOf({ conditions }: PolicyJson): Mentions {
  const found: Found = {
    principal: false,
    resource: false,
    flags: false,
    names: new Set(),
    kinds: new Set(),
    all: false,
  };
  for (const { body } of conditions) look(body, found);
  const { principal, resource, flags } = found;
  const paths = found.all ? 'all' : [...found.names].toSorted();
  const kinds = argumentKinds.filter((kind) => found.kinds.has(kind));
  return { principal, resource, flags, ...(kinds.length === 0 ? {} : { arguments: { paths, kinds } }) };
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
    noteAll(found, argumentKinds);
  }
  return true;
}

/** `context.arguments.getTag("branch")` and its like: the name is known. */
function noteTag(value: Node, found: Found): boolean {
  const tag = value['hasTag'] ?? value['getTag'];
  const kind = isNode(tag) ? kindOf(attributeOfContext(tag['left'])) : undefined;
  if (!isNode(tag) || kind === undefined) return false;
  found.kinds.add(kind);
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
  const kind = kindOf(attribute);
  if (attribute === 'flags') found.flags = true;
  else noteAll(found, kind === undefined ? argumentKinds : [kind]);
  return true;
}

function noteAll(found: Found, kinds: readonly ArgumentKind[]): void {
  for (const kind of kinds) found.kinds.add(kind);
  found.all = true;
}

function kindOf(attribute: unknown): ArgumentKind | undefined {
  return argumentKinds.find((kind) => kind === attribute);
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
