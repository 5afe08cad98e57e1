import { canonicalJson } from '@devmesh/foundation';

type Fields = Readonly<Record<string, unknown>>;

/** How arguments that were there travel otherwise than before; undefined where they do not. Arguments may be added. */
export function changedBinding(before: unknown, after: unknown): string | undefined {
  if (isEqual(before, after)) return undefined;
  if (!isFields(before) || !isFields(after)) return 'arguments travel otherwise';
  // How further pages are asked for says nothing of what callers give.
  const { parameters: old, body: oldBody, paging: _oldPaging, ...rest } = before;
  const { parameters: now, body, paging: _paging, ...others } = after;
  if (!isEqual(rest, others)) return 'arguments travel otherwise';
  const parameters = byArgument(now);
  const lost = [...byArgument(old)].find(([argument, parameter]) => !isEqual(parameter, parameters.get(argument)));
  if (lost !== undefined) return `the argument ${lost[0]} travels otherwise`;
  return changedBody(oldBody, body) ? 'the body is made otherwise' : undefined;
}

function byArgument(parameters: unknown): ReadonlyMap<string, Fields> {
  const listed = Array.isArray(parameters) ? parameters.filter(isFields) : [];
  return new Map(listed.map((parameter) => [String(parameter['argument']), parameter]));
}

function changedBody(before: unknown, after: unknown): boolean {
  // A body of arguments that are all optional can come without being missed.
  if (before === undefined) return isFields(after) && after['properties'] === undefined;
  if (!isFields(before) || !isFields(after)) return true;
  const { properties: old, parts: oldParts, ...rest } = before;
  const { properties: now, parts, ...others } = after;
  return !isEqual(rest, others) || !extended(old, now) || !extended(oldParts, parts);
}

/** Whether all that was named before is named alike. */
function extended(before: unknown, after: unknown): boolean {
  if (before === undefined) return after === undefined;
  if (!isFields(before) || !isFields(after)) return isEqual(before, after);
  return Object.entries(before).every(([name, value]) => isEqual(value, after[name]));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEqual(one: unknown, other: unknown): boolean {
  return canonicalJson(one ?? null) === canonicalJson(other ?? null);
}
