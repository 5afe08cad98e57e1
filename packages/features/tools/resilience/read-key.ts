import { createHash } from 'node:crypto';

/** All that makes one read another one than its neighbour. */
export interface KeyedRead {
  readonly tenantId: string;
  readonly toolId: string;
  /** The person whose credential may be used; absent where nobody's own is. */
  readonly userId: string | undefined;
  readonly method: string;
  readonly url: string;
  /** All that are sent, the credential among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A digest of it: the credential cannot be read from what is kept, and every header that an answer could vary by is in it. */
export function keyOfRead({ tenantId, toolId, userId, method, url, headers }: KeyedRead): string {
  const lines = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const all = JSON.stringify([tenantId, toolId, userId ?? '', method, url, lines]);
  return createHash('sha256').update(all).digest('base64');
}
