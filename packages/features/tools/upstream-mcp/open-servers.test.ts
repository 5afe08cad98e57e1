import { describe, expect, it } from 'vitest';
import { createOpenServers } from './open-servers.ts';
import type { ReachableRow } from './store.ts';

const open = {
  toolId: 'one',
  transport: 'http',
  state: 'connected',
  credentialVersion: null,
  personal: false,
} as ReachableRow;

describe('what is known of open servers', () => {
  it('is read again by one caller, while others go on with what was read, and not for long', () => {
    let now = 0;
    const servers = createOpenServers({ now: () => now });
    expect(servers.get('a', 'one')).toBeUndefined();
    servers.keep('a', open);
    expect(servers.get('b', 'one')).toBeUndefined();
    now = 999;
    expect(servers.get('a', 'one')).toBe(open);
    now = 1_000;
    expect([servers.get('a', 'one'), servers.get('a', 'one')]).toEqual([undefined, open]);
    now = 2_000;
    expect(servers.get('a', 'one')).toBeUndefined();
  });

  it.each([{ transport: 'stdio' }, { state: 'failed' }, { credentialVersion: 'x' }, { personal: true }])(
    'is not kept of one with %j',
    (change) => {
      const servers = createOpenServers({ now: () => 0 });
      servers.keep('a', open);
      servers.keep('a', { ...open, ...change } as ReachableRow);
      expect(servers.get('a', 'one')).toBeUndefined();
    },
  );
});
