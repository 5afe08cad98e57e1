import type { MeshError, Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { createConnections } from './service.ts';
import { openConnectionsBench, type ConnectionsBench } from './connections.fixture.ts';
import type { ProviderRow } from './store-providers.ts';

describe('the token of a connection', () => {
  let bench: ConnectionsBench;
  beforeAll(async () => {
    bench = await openConnectionsBench();
  });
  afterAll(() => bench.close());

  const connected = async (server: string, settings: object = {}) => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, server);
    await bench.order(server, settings);
    await bench.consent(ada, provider.name);
    return { ada, provider };
  };
  const statusOf = async (principal: Principal) =>
    (await bench.connections.list(principal, { limit: 10, everybody: false })).items[0];
  const requestOf = ({ tenantId, userId }: Principal, provider: ProviderRow) =>
    ({ tenantId, userId, providerId: provider.id, mode: 'user', baseUrl: bench.origin }) as const;

  it.each([
    ['that has ended', 'standard~crowd', 3_700],
    ['whose server ends the old one with a refresh, near its end', 'github~crowd', 3_590],
    ['near its end', 'google~crowd', 3_590],
  ])(
    '%s is renewed exactly once for 64 calls at once in two processes [connections.one-renewal]',
    async (_what, server, seconds) => {
      const { ada, provider } = await connected(server);
      const before = await bench.token(ada, provider);
      bench.clock.forward(seconds);
      await bench.fault({ method: 'POST', path: tokenPathOf(provider), delayMilliseconds: 150, times: 1 });
      const processes = [bench.connections, bench.another()];
      const tokens = await Promise.all(
        Array.from({ length: 64 }, async (_one, index) => {
          const { token } = (await processes[index % 2]?.connectionToken(requestOf(ada, provider))) ?? {};
          return token?.open();
        }),
      );
      const after = await bench.token(ada, provider);
      expect(after).not.toBe(before);
      // Whoever came early may have got the old one where it is still good; nobody got anything else.
      const allowed = server.startsWith('google') ? [before, after] : [after];
      expect(allowed).toEqual(expect.arrayContaining([...new Set(tokens)]));
      expect(await bench.counts(server)).toMatchObject({ refreshes: 1, reused: 0 });
    },
  );

  it("is one person's: nobody else of the organization, and no other organization, gets it [connections.own]", async () => {
    const { ada, provider } = await connected('standard~own');
    const bob = await bench.person(ada.tenantId);
    await expect(bench.token(bob, provider)).rejects.toMatchObject({ code: 'consent_required' });
    await expect(bench.token({ ...ada, userId: undefined }, provider)).rejects.toMatchObject({
      code: 'consent_required',
    });
    await expect(bench.token(ada, provider, 'organization')).rejects.toMatchObject({ code: 'consent_required' });
    const eve = await bench.person();
    await expect(bench.token({ ...eve, userId: ada.userId }, provider)).rejects.toMatchObject({
      code: 'address_refused',
    });
    const connection = await statusOf(ada);
    for (const stranger of [bob, eve]) {
      const id = connection?.id ?? '';
      const texts = await Promise.all(
        [id, '018f0000-0000-7000-8000-000000000000'].map(async (one) => {
          const failures = [bench.connections.get(stranger, one), bench.connections.remove(stranger, one)].map((work) =>
            work.catch((error: unknown) => error as MeshError),
          );
          return (await Promise.all(failures)).map(
            (failure) => `${JSON.stringify(failure)} ${(failure as MeshError).message.replace(one, 'ID')}`,
          );
        }),
      );
      expect(texts[0]).toEqual(texts[1]);
      expect((await bench.connections.list(stranger, { limit: 10, everybody: false })).items).toEqual([]);
    }
    expect(await bench.token(ada, provider)).toBeTruthy();
  });

  it('is gone with the consent, which is told once and for all, without asking the provider again [connections.consent-gone]', async () => {
    const { ada, provider } = await connected('standard~gone');
    await bench.withdraw('standard~gone', 'ada');
    bench.clock.forward(3_700);
    const failure = await bench.token(ada, provider).catch((error: unknown) => error as MeshError);
    expect(failure).toMatchObject({ code: 'consent_required' });
    await expect(bench.token(ada, provider)).rejects.toThrow(/connections start --provider standard-gone --mode user/u);
    expect(await statusOf(ada)).toMatchObject({ status: 'consent_missing' });
    expect(await bench.counts('standard~gone')).toMatchObject({ refreshes: 1 });
    const { items } = await bench.audit.list(ada.tenantId, { limit: 5, action: 'connections.renew' });
    expect(items).toMatchObject([{ outcome: 'failed', actor: 'system:connections' }]);
    await bench.consent(ada, provider.name);
    expect(await bench.token(ada, provider)).toBeTruthy();
  });

  it.each([
    ['is away', { status: 503 }, true],
    ['limits us', { status: 429 }, true],
    // It has spent the refresh token.
    ['answers half', { truncate: 5 }, false],
    ['sends us elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, true],
  ])('outlives a provider that %s [connections.transient]', async (what, fault, unspent) => {
    const server = `standard~${what.replaceAll(' ', '')}`;
    const { ada, provider } = await connected(server);
    bench.clock.forward(3_700);
    await bench.fault({ method: 'POST', path: tokenPathOf(provider), times: 1, ...fault });
    await expect(bench.token(ada, provider)).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream_/u) as string,
    });
    const connection = await statusOf(ada);
    expect(connection).toMatchObject({ status: 'active' });
    expect(connection?.lastError).toBeTruthy();
    const next = await bench.token(ada, provider).catch((error: unknown) => (error as MeshError).code);
    expect(next === 'consent_required').toBe(!unspent);
  });

  it('is used on where it is still good and cannot be renewed for the moment', async () => {
    const { ada, provider } = await connected('standard~early');
    const before = await bench.token(ada, provider);
    bench.clock.forward(3_590);
    await bench.fault({ method: 'POST', path: tokenPathOf(provider), status: 503, times: 1 });
    expect(await bench.token(ada, provider)).toBe(before);
    expect(await bench.token(ada, provider)).not.toBe(before);
  });

  it('that nothing renews ends with its time, and says so', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'atlassian~short');
    await bench.order('atlassian~short', { accessTokenSeconds: 60 });
    await bench.consent(ada, provider.name);
    await bench.database.tenant(ada.tenantId, (tx) =>
      sql`update mcp.connections set sealed_refresh = null`.execute(tx),
    );
    expect(await bench.token(ada, provider)).toBeTruthy();
    bench.clock.forward(61);
    await expect(bench.token(ada, provider)).rejects.toMatchObject({ code: 'consent_required' });
    expect(await statusOf(ada)).toMatchObject({ status: 'expired' });
  });

  it('is stored although the database is away when the provider answers [connections.rotation]', async () => {
    const { ada, provider } = await connected('standard~stored');
    let failures = 0;
    const flaky = createConnections({
      ...bench,
      newId: () => '',
      publicUrl: () => 'http://mesh.test',
      database: {
        ...bench.database,
        tenant: (tenantId, work) =>
          bench.database.tenant(tenantId, async (tx: Tx) => {
            const result = await work(tx);
            const { refreshes } = await bench.counts('standard~stored');
            if (refreshes === 1 && failures < 2) {
              failures += 1;
              throw new Error('The database is away.');
            }
            return result;
          }),
      },
    });
    bench.clock.forward(3_700);
    const { token } = await flaky.connectionToken(requestOf(ada, provider));
    expect(failures).toBe(2);
    expect(await bench.token(ada, provider)).toBe(token.open());
    bench.clock.forward(3_700);
    expect(await bench.token(ada, provider)).not.toBe(token.open());
    expect(await bench.counts('standard~stored')).toMatchObject({ refreshes: 2, reused: 0 });
  });

  it('of a renewal that died is told apart: the next asks once with what is stored, and names the interruption [connections.rotation]', async () => {
    const { ada, provider } = await connected('standard~died');
    bench.clock.forward(3_700);
    // As a process leaves it that died between the provider's answer and its commit.
    await bench.database.tenant(ada.tenantId, async (tx) => {
      const row = (
        await sql<{ id: string; sealed: Buffer }>`select id, sealed_refresh as sealed from mcp.connections`.execute(tx)
      ).rows[0];
      const place = { tenantId: ada.tenantId, table: 'connections', row: row?.id ?? '', field: 'sealed_refresh' };
      const refreshToken = await bench.vault.open(tx, place, row?.sealed ?? new Uint8Array());
      await spend(provider, refreshToken);
      await sql`update mcp.connections set fence = fence + 1, leased_until = clock_timestamp() - interval '1 second'`.execute(
        tx,
      );
    });
    await expect(bench.token(ada, provider)).rejects.toMatchObject({ code: 'consent_required' });
    expect((await statusOf(ada))?.lastError).toMatch(/^An earlier renewal was cut off/u);
  });

  const spend = async (provider: ProviderRow, refreshToken: Secret): Promise<void> => {
    const basic = Buffer.from('devmesh:planted-client-secret-1234567890').toString('base64');
    const answer = await fetch(provider.endpoints.token, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken.open() }),
    });
    expect(answer.status).toBe(200);
  };

  it('is not stored by a late holder of the lease, and what came late is given back [connections.rotation]', async () => {
    const { ada, provider } = await connected('standard~late');
    bench.clock.forward(3_700);
    await bench.fault({ method: 'POST', path: tokenPathOf(provider), delayMilliseconds: 400, times: 1 });
    const renewing = bench.token(ada, provider).catch((error: unknown) => error as MeshError);
    await expect.poll(async () => (await statusOf(ada))?.leased).toBe(true);
    // The person consents anew meanwhile: that counts, whatever the renewal brings.
    await bench.consent(ada, provider.name);
    expect(await renewing).toMatchObject({ code: 'unavailable' });
    const { items } = await bench.connections.list(ada, { limit: 10, everybody: false });
    expect(items).toMatchObject([{ status: 'active', leased: false }]);
    expect(await bench.counts('standard~late')).toMatchObject({ revocations: 1, living: 1 });
    const token = await bench.token(ada, provider);
    const answer = await fetch(`${bench.origin}/oauth/standard~late/api/x`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  });

  it('is removed for good whatever the provider says, and the caller is told [connections.revoked]', async () => {
    const { ada, provider } = await connected('standard~removed');
    const connection = await statusOf(ada);
    await bench.fault({ method: 'POST', path: '/oauth/standard~removed/revoke', status: 503, times: 1 });
    const removal = await bench.connections.remove(ada, connection?.id ?? '');
    expect(removal).toMatchObject({ revoked: 'failed' });
    expect(removal.reason).toBeTruthy();
    await expect(bench.token(ada, provider)).rejects.toMatchObject({ code: 'consent_required' });
  });

  it('goes to the hosts of its provider only [connections.hosts]', async () => {
    const { ada, provider } = await connected('standard~hosts');
    const elsewhere = { ...requestOf(ada, provider), baseUrl: 'https://evil.example/api' };
    await expect(bench.connections.connectionToken(elsewhere)).rejects.toMatchObject({ code: 'address_refused' });
  });

  it('is nowhere readable: not in rows, logs, traces, audit lines, answers or errors [connections.secret]', async () => {
    const { ada, provider } = await connected('slack~canary');
    const seen = [await bench.token(ada, provider)];
    bench.clock.forward(43_300);
    seen.push(await bench.token(ada, provider));
    await bench.withdraw('slack~canary', 'ada');
    bench.clock.forward(43_300);
    const failure = await bench.token(ada, provider).catch((error: unknown) => error as Error);
    const places = [
      await bench.rowsOf(ada.tenantId),
      bench.logLines.join('\n'),
      JSON.stringify(await bench.connections.list(ada, { limit: 10, everybody: false })),
      `${String(failure)} ${(failure as Error).stack ?? ''}`,
    ];
    for (const place of places) {
      expect(place).not.toMatch(/mock-(?:access|refresh)-|planted-client-secret/u);
      for (const secret of [...seen, 'mock-refresh-', 'planted-client-secret']) {
        expect(place).not.toContain(Buffer.from(secret).toString('hex'));
        expect(place).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/u, ''));
      }
    }
  });
});

function tokenPathOf(provider: ProviderRow): string {
  return new URL(provider.endpoints.token).pathname;
}
