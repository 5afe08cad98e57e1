import type { MeshError } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnectionsBench, type ConnectionsBench } from './connections.fixture.ts';

describe('a consent', () => {
  let bench: ConnectionsBench;
  beforeAll(async () => {
    bench = await openConnectionsBench();
  });
  afterAll(() => bench.close());

  const expectAnswers = async (token: string, server: string, account: string): Promise<void> => {
    const answer = await fetch(`${bench.origin}/oauth/${server}/api/echo`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toMatchObject({ account });
  };

  it.each([
    ['standard', 'ada@example.com', true],
    ['github', 'ada', true],
    ['gitlab', 'ada', true],
    ['atlassian', 'https://ada.atlassian.example', true],
    ['google', 'ada@example.com', true],
    ['slack', 'ada', true],
  ])('connects, renews and revokes at %s as it wants it [connections.presets]', async (server, account, renewable) => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, server, { scopes: ['read', 'write'] });
    expect(await bench.consent(ada, provider.name)).toEqual({ provider: server, mode: 'user', account });
    const [connection] = (await bench.connections.list(ada, { limit: 10, everybody: false })).items;
    expect(connection).toMatchObject({ status: 'active', userId: ada.userId, accountName: account });
    expect(connection?.scopes).toEqual(expect.arrayContaining(['read', 'write']));
    expect(connection?.sealedRefresh !== null).toBe(renewable);
    const first = await bench.token(ada, provider);
    await expectAnswers(first, server, 'ada');
    for (let time = 0; time < 2; time += 1) {
      bench.clock.forward(3_700);
      const next = await bench.token(ada, provider);
      expect(next).not.toBe(first);
      await expectAnswers(next, server, 'ada');
    }
    expect(await bench.counts(server)).toMatchObject({ refreshes: 2, reused: 0, living: 1 });
    const removal = await bench.connections.remove(ada, connection?.id ?? '');
    expect(removal).toEqual({ revoked: server === 'atlassian' ? 'unsupported' : 'yes' });
    expect(await bench.counts(server)).toMatchObject({ living: server === 'atlassian' ? 1 : 0 });
    await expect(bench.token(ada, provider)).rejects.toMatchObject({ code: 'consent_required' });
  });

  it('keeps what calls to Atlassian need besides: the sites', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'atlassian~sites');
    await bench.consent(ada, provider.name);
    const [connection] = (await bench.connections.list(ada, { limit: 10, everybody: false })).items;
    expect(connection?.details).toEqual({
      sites: [{ id: 'cloud-ada', name: 'Acme', url: 'https://ada.atlassian.example' }],
    });
    expect(connection?.scopes).toContain('offline_access');
  });

  it('finds the endpoints of a server that keeps to the standards by its issuer', async () => {
    const ada = await bench.person();
    const issuer = `${bench.origin}/oauth/standard~found`;
    const provider = await bench.provider(ada, 'standard~found', { endpoints: { issuer } });
    expect(provider.endpoints).toEqual({
      issuer,
      authorization: `${issuer}/authorize`,
      token: `${issuer}/token`,
      revocation: `${issuer}/revoke`,
      account: `${issuer}/userinfo`,
    });
    expect(await bench.consent(ada, provider.name)).toMatchObject({ account: 'ada@example.com' });
  });

  it('refuses metadata of another issuer than the one that was asked', async () => {
    const ada = await bench.person();
    await bench.order('standard~liar', { namedIssuer: 'https://login.example.com' });
    const issuer = `${bench.origin}/oauth/standard~liar`;
    await expect(bench.provider(ada, 'standard~liar', { endpoints: { issuer } })).rejects.toMatchObject({
      code: 'upstream_failed',
    });
  });

  it('holds for one return of the browser: a replay connects nothing [connections.state]', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~replay');
    const { url } = await bench.connections.start(ada, { provider: provider.id, mode: 'user' });
    const answer = await bench.follow(url);
    await bench.connections.finish(answer, { person: ada });
    await expect(bench.connections.finish(answer, { person: ada })).rejects.toMatchObject({ code: 'invalid_request' });
    const both = await Promise.allSettled(
      [url, url].map(async (one) => bench.connections.finish(await bench.follow(one), { person: ada })),
    );
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await bench.counts('standard~replay')).toMatchObject({ exchanges: 1 });
  });

  it('is taken by exactly one of many returns at once [connections.state]', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~race');
    const { url } = await bench.connections.start(ada, { provider: provider.id, mode: 'user' });
    const answer = await bench.follow(url);
    const other = bench.another();
    const ends = await Promise.allSettled(
      Array.from({ length: 16 }, (_one, index) =>
        (index % 2 === 0 ? bench.connections : other).finish(answer, { person: ada }),
      ),
    );
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await bench.counts('standard~race')).toMatchObject({ exchanges: 1 });
  });

  it('lets no more codes be tried at once than one after the other [connections.own-browser]', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~guesses');
    const { url, confirmationCode } = await bench.connections.start(ada, { provider: provider.id, mode: 'user' });
    const answer = await bench.follow(url);
    const other = bench.another();
    const browser = { person: undefined, confirmationCode: 'BCDF-GHJK' };
    const ends = await Promise.allSettled(
      Array.from({ length: 32 }, (_one, index) =>
        (index % 2 === 0 ? bench.connections : other).finish(answer, browser),
      ),
    );
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    const right = { person: undefined, confirmationCode: confirmationCode.open() };
    await expect(other.finish(answer, right)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await bench.counts('standard~guesses')).toMatchObject({ exchanges: 0 });
  });

  it('belongs to whoever began it: a code brought in under the state of another is refused [connections.state]', async () => {
    const [ada, eve] = [await bench.person(), await bench.person()];
    const tenant = ada.tenantId;
    const mallory = await bench.person(tenant);
    const provider = await bench.provider(ada, 'standard~mixed');
    const adas = await bench.follow((await bench.connections.start(ada, { provider: provider.id, mode: 'user' })).url);
    const others = (await bench.connections.start(mallory, { provider: provider.id, mode: 'user' })).url;
    // Mallory's state with Ada's code, and the other way round: PKCE binds a code to the state that it was asked for under.
    const crossed = new URLSearchParams(adas);
    crossed.set('state', new URL(others).searchParams.get('state') ?? '');
    await expect(bench.connections.finish(crossed, { person: mallory })).rejects.toMatchObject({
      code: 'consent_required',
    });
    expect((await bench.connections.list(mallory, { limit: 10, everybody: false })).items).toEqual([]);
    // A state that names another organization finds nothing there.
    const state = Buffer.from(adas.get('state') ?? '', 'base64url');
    const foreign = Buffer.concat([Buffer.from(eve.tenantId.replaceAll('-', ''), 'hex'), state.subarray(16)]);
    const moved = new URLSearchParams(adas);
    moved.set('state', foreign.toString('base64url'));
    await expect(bench.connections.finish(moved, { person: ada })).rejects.toMatchObject({ code: 'invalid_request' });
    await bench.connections.finish(adas, { person: ada });
    const [connection] = (await bench.connections.list(ada, { limit: 10, everybody: false })).items;
    expect(connection?.userId).toBe(ada.userId);
  });

  it.each(['', 'x', 'A'.repeat(64), '!'.repeat(64)])(
    'is not begun by a state that we never gave: %j',
    async (state) => {
      const answer = new URLSearchParams({ state, code: 'c' });
      await expect(bench.connections.finish(answer, { person: undefined })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    },
  );

  it('that the person declines connects nothing, and is on record', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~declined');
    await bench.order('standard~declined', { declines: true });
    const failure = await bench.consent(ada, provider.name).catch((error: unknown) => error as MeshError);
    expect(failure).toMatchObject({ code: 'forbidden' });
    const { items } = await bench.audit.list(ada.tenantId, { limit: 10, action: 'connections.callback' });
    expect(items).toMatchObject([{ outcome: 'failed', detail: { code: 'forbidden' } }]);
    expect((await bench.connections.list(ada, { limit: 10, everybody: false })).items).toEqual([]);
  });

  it('answered in the name of another issuer is refused before the code is spent', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~mixup');
    await bench.order('standard~mixup', { namedIssuer: 'https://evil.example' });
    await expect(bench.consent(ada, provider.name)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await bench.counts('standard~mixup')).toMatchObject({ exchanges: 0 });
  });

  it('cannot be redeemed by who has the code only: the address holds the challenge, not the verifier [connections.pkce]', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'github~pkce');
    const { url } = await bench.connections.start(ada, { provider: provider.id, mode: 'user' });
    const { searchParams } = new URL(url);
    expect(searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/u);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    const code = (await bench.follow(url)).get('code') ?? '';
    const stolen = await fetch(`${bench.origin}/oauth/github~pkce/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: searchParams.get('redirect_uri') ?? '',
        client_id: 'devmesh',
        client_secret: 'planted-client-secret-1234567890',
      }),
    });
    expect(await stolen.json()).toMatchObject({ error: 'bad_verification_code' });
  });

  it("is for persons: a key that is nobody's begins none, and only who may change the organization begins its own", async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~scopes');
    const nobody = { ...ada, userId: undefined };
    const request = { provider: provider.id, mode: 'user' } as const;
    await expect(bench.connections.start(nobody, request)).rejects.toMatchObject({ code: 'forbidden' });
    const user = { ...ada, scopes: ['connections:write'] as const };
    const shared = { ...request, mode: 'organization' } as const;
    await expect(bench.connections.start(user, shared)).rejects.toMatchObject({ code: 'forbidden' });
    await bench.consent(ada, provider.id, 'organization');
    const bob = await bench.person(ada.tenantId);
    expect(await bench.token(bob, provider, 'organization')).toBe(await bench.token(ada, provider, 'organization'));
  });

  it('that is given again takes the place of the earlier one', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~again');
    await bench.consent(ada, provider.id);
    await bench.order('standard~again', { account: 'lovelace' });
    await bench.consent(ada, provider.id);
    const { items } = await bench.connections.list(ada, { limit: 10, everybody: false });
    expect(items).toMatchObject([{ accountName: 'lovelace@example.com', status: 'active' }]);
  });
});
