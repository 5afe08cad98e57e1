import { operations, type ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Resource } from '@devmesh/mcp';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';

type Exposed = ResponseOf<typeof operations.tools.listExposedResources>['items'][number];

const pageSize = 200;
const mostPages = 10;

/** The operations of services that are read as resources here; a tool set has tools alone. */
export async function exposedResources(principal: EdgePrincipal, signal: AbortSignal): Promise<readonly Exposed[]> {
  const allowed = await allowedOperations(principal, signal);
  if (principal.set !== undefined || !allowed.has(operations.tools.listExposedResources.id)) return [];
  const found: Exposed[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const query = { cursor, limit: pageSize };
    const page = await principal.client.tools.listExposedResources({ query }, { signal });
    found.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return found;
}

/** Whether an address is that of an operation. */
export function isExposed(uri: string): boolean {
  return /^devmesh:\/\/tools\/[^/]+\//u.test(uri);
}

/** One that takes no arguments. */
export function presentResource({ uri, isTemplate, name, title, description }: Exposed): readonly Resource[] {
  return isTemplate ? [] : [{ uri, name, title, description, mimeType: 'application/json' }];
}

/** One that takes arguments. */
export function presentTemplate({ uri, isTemplate, name, title, description }: Exposed) {
  return isTemplate ? [{ uriTemplate: uri, name, title, description, mimeType: 'application/json' }] : [];
}

/** Reads one; an error that the service answers is one of the reading. */
export async function readExposed({ client, set }: EdgePrincipal, uri: string, signal: AbortSignal) {
  if (set !== undefined) throw new MeshError('not_found', `There is no resource ${uri}.`);
  const { isError, content, structured } = await client.tools.readExposedResource({ body: { uri } }, { signal });
  const texts = content.flatMap((piece) => (piece.type === 'text' ? [piece.text] : []));
  if (isError) throw new MeshError('upstream_failed', texts.join('\n').slice(0, 2_000));
  if (structured !== undefined) {
    return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(structured) }] };
  }
  return { contents: [{ uri, mimeType: 'text/plain', text: texts.join('\n') }] };
}
