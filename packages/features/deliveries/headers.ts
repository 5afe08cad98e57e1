import { framingHeaders, MeshError } from '@devmesh/foundation';

const own: ReadonlySet<string> = new Set([
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
]);

/** The headers that an organization adds, with lower-case names; throws `invalid_request` for one that is set by the delivery itself or frames it. */
export function addedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const refused = entries.filter(([name]) => own.has(name) || framingHeaders.has(name)).map(([name]) => name);
  if (refused.length > 0) {
    throw new MeshError('invalid_request', `These headers are not yours to set: ${refused.join(', ')}.`, {
      issues: refused.map((name) => ({ path: `body.headers.${name}`, message: 'is set by the delivery' })),
    });
  }
  return Object.fromEntries(entries);
}
