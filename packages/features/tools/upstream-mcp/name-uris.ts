import type { Database } from '@devmesh/infrastructure';
import { isObject } from '../reading/json-value.ts';
import { ownersOf } from './find-offering.ts';
import { viewOf } from './offering-view.ts';
import { wrapUri } from './uris.ts';

/** For whom a server's addresses are named. */
interface Reader {
  readonly tenantId: string;
  readonly service: string;
  /** The tool set whose endpoint it is. */
  readonly set: string | undefined;
}

/** What the addresses in a server's answer are called here: so that reading them leads back to that server. */
export async function nameUris(
  { database }: { readonly database: Database },
  { tenantId, service, set }: Reader,
  answer: unknown,
): Promise<(uri: string) => string> {
  const wrapped = (uri: string): string => wrapUri(service, uri);
  const uris = set === undefined ? [] : urisIn(answer);
  if (uris.length === 0) return wrapped;
  const owners = await database.tenant(tenantId, async (tx) => ownersOf(tx, await viewOf(tx, set), uris));
  return (uri) => (owners.get(uri) === service ? uri : wrapped(uri));
}

const most = 1_000;
const deepest = 6;

/** The values of `uri` in content, wherever they stand. */
function urisIn(answer: unknown): readonly string[] {
  const found = new Set<string>();
  const look = (value: unknown, depth: number): void => {
    if (depth > deepest || found.size >= most) return;
    if (Array.isArray(value)) for (const item of value) look(item, depth + 1);
    else if (isObject(value)) {
      for (const [key, part] of Object.entries(value)) {
        if (key === 'uri' && typeof part === 'string' && part.length <= 2_000) found.add(part);
        else look(part, depth + 1);
      }
    }
  };
  look(answer, 0);
  return [...found];
}
