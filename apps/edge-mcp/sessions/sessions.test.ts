import { createClient } from '@devmesh/api';
import { silentTelemetry, systemClock } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import { describe, expect, it } from 'vitest';
import { readUpstreamCredentials } from '../authorization/upstream-credentials.ts';
import type { EdgePrincipal } from '../principal.ts';
import { createFeeds } from './feeds.ts';
import { createSessions } from './sessions.ts';

/** A session under a key that the platform refuses from the first request on. */
function refusedSession(keyId: string, closed: string[], id: string): Session<EdgePrincipal> {
  const client = createClient({
    baseUrl: 'http://platform.test',
    fetch: () => Promise.resolve(Response.json({ code: 'unauthenticated', detail: 'revoked' }, { status: 401 })),
  });
  const identity = { keyId, scopes: ['events:read'] } as unknown as EdgePrincipal['identity'];
  const clientInfo = { name: 'test', version: '1' };
  return {
    id,
    principal: { client, identity, credential: { lapsed: () => false }, upstream: readUpstreamCredentials([]) },
    clientInfo,
    close: () => closed.push(id),
  } as unknown as Session<EdgePrincipal>;
}

describe('sessions', () => {
  it('are all closed when the platform no longer takes their key', async () => {
    const closed: string[] = [];
    const base = { clock: systemClock, log: silentTelemetry.log };
    const sessions = createSessions({ ...base, gateway: 'test', feeds: createFeeds(base) });
    const [one, two] = [refusedSession('k', closed, 'one'), refusedSession('k', closed, 'two')];
    await Promise.all([sessions.opened(one), sessions.opened(two)]);
    expect([...new Set(closed)].toSorted()).toEqual(['one', 'two']);
    await Promise.all([sessions.closed(one), sessions.closed(two)]);
  });
});
