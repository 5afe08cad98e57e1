/**
 * The canonical JSON of a value (RFC 8785): keys sorted by UTF-16 code units, no white space, numbers and strings as
 * ECMAScript writes them. Equal values give equal text. Throws for what JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'object') return ofObject(value);
  throw new TypeError(`JSON cannot say this ${typeof value}.`);
}

function ofObject(value: object): string {
  if (Array.isArray(value)) return ofArray(value);
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') return canonicalJson(toJSON.call(value));
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function ofArray(values: readonly unknown[]): string {
  let text = '';
  for (let index = 0; index < values.length; index += 1) {
    text += `${index === 0 ? '' : ','}${canonicalJson(values[index] ?? null)}`;
  }
  return `[${text}]`;
}
