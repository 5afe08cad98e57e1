import { newId } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CredentialSetting } from './sealed-credential.ts';
import { failureOf, openSlotsBench, type SlotsBench } from './slots.fixture.ts';

let bench: SlotsBench;
beforeAll(async () => {
  bench = await openSlotsBench();
});
afterAll(() => bench.close());

const canary = 'planted-canary-1234567890';

/** The headers and the query of the last request that tell of credentials. */
function shown() {
  const { headers = {}, url = '' } = bench.last() ?? {};
  return { authorization: headers.authorization, key: headers['x-key'], cookie: headers.cookie, url };
}

describe('a service whose document declares', () => {
  it.each<[string, CredentialSetting, object]>([
    ['key', { kind: 'apiKey', value: canary }, { key: canary }],
    ['app', { kind: 'apiKey', value: canary }, { url: `/api/echo?app_id=${canary}` }],
    ['sid', { kind: 'apiKey', value: canary }, { cookie: `sid=${canary}` }],
    ['token', { kind: 'bearer', token: canary }, { authorization: `Bearer ${canary}` }],
    ['oauth', { kind: 'bearer', token: canary }, { authorization: `Bearer ${canary}` }],
    ['oidc', { kind: 'bearer', token: canary }, { authorization: `Bearer ${canary}` }],
    ['other', { kind: 'header', scheme: 'DSN', value: canary }, { authorization: `DSN ${canary}` }],
    [
      'basic',
      { kind: 'basic', username: 'ada', password: canary },
      { authorization: `Basic ${Buffer.from(`ada:${canary}`).toString('base64')}` },
    ],
  ])(
    '%s gets a credential of its kind there, and shows it nowhere [tools.every-scheme]',
    async (scheme, credential, expected) => {
      const principal = await bench.newPrincipal();
      await bench.service(principal, [{ [scheme]: [] }], { credential });
      const result = await bench.call(principal, 'api_call');
      expect(shown()).toMatchObject(expected);
      const encoded = Buffer.from(`ada:${canary}`).toString('base64');
      for (const text of [JSON.stringify(result), await bench.rowsOf(principal), bench.logLines.join('\n')]) {
        for (const form of [canary, Buffer.from(canary).toString('hex'), encoded]) expect(text).not.toContain(form);
      }
      expect(JSON.stringify(result)).toContain('[redacted]');
    },
  );

  it('signatures gets requests that are signed as they are sent [tools.every-scheme]', async () => {
    const principal = await bench.newPrincipal();
    const identity = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: canary,
      sessionToken: `session-${canary}`,
      region: 'eu-west-1',
      service: 'execute-api',
    };
    await bench.service(principal, [{ signed: [] }], { credential: { kind: 'awsSigV4', ...identity } });
    const result = await bench.call(principal, 'api_call');
    const { headers = {} } = bench.last() ?? {};
    const day = String(headers['x-amz-date']).slice(0, 8);
    expect(headers.authorization).toMatch(
      new RegExp(
        `^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${day}/eu-west-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$`,
        'u',
      ),
    );
    expect(headers['x-amz-security-token']).toBe(identity.sessionToken);
    expect(JSON.stringify(result) + (await bench.rowsOf(principal))).not.toContain(canary);
  });

  it('several at once gets all of them, and says which are missing until then [tools.credential-slots]', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ key: [], app: [], sid: [], csrf: [], token: [] }]);
    const before = bench.received.length;
    const failure = await failureOf(bench.call(principal, 'api_call'));
    expect(failure).toMatchObject({ code: 'credential_missing' });
    for (const slot of ['key (an API key, header X-Key)', 'app', 'sid', 'token'])
      expect(failure.message).toContain(slot);
    await bench.set(principal, toolId, { kind: 'apiKey', slot: 'key', value: 'key-of-header-1' });
    await bench.set(principal, toolId, { kind: 'apiKey', slot: 'app', value: 'key-of-query-1' });
    await bench.set(principal, toolId, { kind: 'apiKey', slot: 'sid', value: 'key-of-cookie-1' });
    await bench.set(principal, toolId, { kind: 'apiKey', slot: 'csrf', value: 'key-of-cookie-2' });
    const part = await failureOf(bench.call(principal, 'api_call'));
    expect(part.message).toContain('token (HTTP bearer)');
    expect(part.message).not.toContain('X-Key');
    expect(bench.received).toHaveLength(before);
    await bench.set(principal, toolId, { kind: 'bearer', token: 'token-of-all-1' });
    const result = JSON.stringify(await bench.call(principal, 'api_call'));
    expect(shown()).toEqual({
      authorization: 'Bearer token-of-all-1',
      key: 'key-of-header-1',
      cookie: 'sid=key-of-cookie-1; csrf=key-of-cookie-2',
      url: '/api/echo?app_id=key-of-query-1',
    });
    expect(result).toContain('[redacted]');
    expect(result).not.toMatch(/(?:key|token)-of-/u);
  });

  it('two that want one header is told so, and gets nothing', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ token: [], basic: [] }]);
    await bench.set(principal, toolId, { kind: 'bearer', slot: 'token', token: canary });
    await bench.set(principal, toolId, { kind: 'basic', slot: 'basic', username: 'ada', password: canary });
    const before = bench.received.length;
    expect(await failureOf(bench.call(principal, 'api_call'))).toMatchObject({ code: 'invalid_request' });
    expect(bench.received).toHaveLength(before);
  });

  it('what is not true is called without a credential where the organization says so', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ token: [] }]);
    await bench.set(principal, toolId, { kind: 'none' });
    expect(await bench.call(principal, 'api_call')).toMatchObject({ isError: false });
    expect(shown()).toMatchObject({ authorization: undefined, key: undefined });
  });

  it('nothing is called without a credential, and with one as soon as there is one', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, []);
    expect(await bench.call(principal, 'api_call')).toMatchObject({ isError: false });
    expect(shown().authorization).toBeUndefined();
    await bench.set(principal, toolId, { kind: 'bearer', token: canary });
    await bench.call(principal, 'api_call');
    expect(shown().authorization).toBe(`Bearer ${canary}`);
    await bench.tools.credentials.remove(principal, toolId, 'organization', undefined);
    await bench.call(principal, 'api_call');
    expect(shown().authorization).toBeUndefined();
  });
});

describe('a credential', () => {
  it("of one's own goes before the organization's, for one's own calls alone [tools.own-credential]", async () => {
    const ada = await bench.person();
    const bob = await bench.person(ada.tenantId);
    const toolId = await bench.service(ada, [{ token: [] }], {
      credential: { kind: 'bearer', token: 'of-organization-1' },
    });
    const own = { kind: 'bearer', token: 'of-ada-1234567890' } as const;
    await bench.tools.credentials.set(ada, toolId, 'mine', own);
    await bench.call(ada, 'api_call');
    expect(shown().authorization).toBe('Bearer of-ada-1234567890');
    await bench.call(bob, 'api_call');
    expect(shown().authorization).toBe('Bearer of-organization-1');
    const overview = await bench.tools.credentials.overview(bob, toolId);
    expect(overview.credentials).toMatchObject([{ owner: 'organization', kind: 'bearer' }]);
    expect(JSON.stringify(overview)).not.toContain('of-ada');
    expect(await failureOf(bench.tools.credentials.remove(bob, toolId, 'mine', undefined))).toMatchObject({
      code: 'not_found',
    });
    await bench.tools.credentials.remove(ada, toolId, 'mine', undefined);
    await bench.call(ada, 'api_call');
    expect(shown().authorization).toBe('Bearer of-organization-1');
  });

  it("of one's own goes with the person", async () => {
    const ada = await bench.person();
    const toolId = await bench.service(ada, [{ token: [] }]);
    await bench.tools.credentials.set(ada, toolId, 'mine', { kind: 'bearer', slot: 'token', token: canary });
    const before = await bench.tools.credentials.overview(ada, toolId);
    expect(before.slots).toMatchObject([{ slot: 'token', people: 1 }]);
    await bench.database.tenant(ada.tenantId, (tx) => sql`delete from mcp.users where id = ${ada.userId}`.execute(tx));
    const bob = await bench.person(ada.tenantId);
    const { slots } = await bench.tools.credentials.overview(bob, toolId);
    expect(slots).toMatchObject([{ slot: 'token', people: 0 }]);
  });

  it('of a person needs one: not a key of nobody, not the connection of the organization', async () => {
    const ada = await bench.person();
    const toolId = await bench.service(ada, [{ token: [] }]);
    const { userId: _nobody, ...machine } = ada;
    const own = { kind: 'bearer', token: canary } as const;
    expect(await failureOf(bench.tools.credentials.set(machine, toolId, 'mine', own))).toMatchObject({
      code: 'forbidden',
    });
    const shared = { kind: 'oauth2', providerId: newId(), mode: 'organization' } as const;
    const refusal = await failureOf(bench.tools.credentials.set(ada, toolId, 'mine', shared));
    expect(refusal).toMatchObject({ code: 'invalid_request' });
  });

  it('is not found in another organization, set, shown or forgotten there', async () => {
    const ada = await bench.person();
    const eve = await bench.person();
    const toolId = await bench.service(ada, [{ token: [] }], { credential: { kind: 'bearer', token: canary } });
    const { credentials } = bench.tools;
    const tries = (id: string) => [
      credentials.set(eve, id, 'organization', { kind: 'none' }),
      credentials.set(eve, id, 'mine', { kind: 'none' }),
      credentials.remove(eve, id, 'organization', undefined),
      credentials.overview(eve, id),
    ];
    const random = newId();
    const foreign = await Promise.all(tries(toolId).map(failureOf));
    const unknown = await Promise.all(tries(random).map(failureOf));
    expect(foreign.map(({ code, message }) => [code, message.replace(toolId, '')])).toEqual(
      unknown.map(({ code, message }) => [code, message.replace(random, '')]),
    );
    expect(foreign.every(({ code }) => code === 'not_found')).toBe(true);
  });

  it('goes to the origin that it was set for, also once the service has moved [tools.credential-host]', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ token: [] }], { credential: { kind: 'bearer', token: canary } });
    const moved = `${bench.origin.replace('127.0.0.1', 'localhost')}/api`;
    await bench.database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.tool_configurations set base_url = ${moved} where id = ${toolId}`.execute(tx),
    );
    const before = bench.received.length;
    const failure = await failureOf(bench.call(principal, 'api_call'));
    expect(failure).toMatchObject({ code: 'credential_missing' });
    expect(failure.message).toContain(`goes to ${bench.origin} only`);
    expect(bench.received).toHaveLength(before);
    const origins = [bench.origin, new URL(moved).origin];
    await bench.set(principal, toolId, { kind: 'bearer', token: canary, origins });
    await bench.call(principal, 'api_call');
    expect(bench.last()?.headers).toMatchObject({ authorization: `Bearer ${canary}`, host: new URL(moved).host });
  });

  it('for a slot goes before one for whatever it fits [tools.credential-slots]', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ token: [] }], {
      credential: { kind: 'bearer', token: 'of-any-slot' },
    });
    await bench.set(principal, toolId, { kind: 'bearer', slot: 'token', token: canary });
    await bench.call(principal, 'api_call');
    expect(shown().authorization).toBe(`Bearer ${canary}`);
  });

  it('goes to no other server that the document names for an operation, unless it was set for it too [tools.credential-host]', async () => {
    const principal = await bench.newPrincipal();
    const operationServer = `${bench.origin.replace('127.0.0.1', 'localhost')}/api`;
    const credential = { kind: 'bearer', token: canary } as const;
    const toolId = await bench.service(principal, [{ token: [] }], { credential, operationServer });
    const before = bench.received.length;
    expect(await failureOf(bench.call(principal, 'api_call'))).toMatchObject({ code: 'credential_missing' });
    expect(bench.received).toHaveLength(before);
    await bench.set(principal, toolId, { ...credential, origins: [operationServer] });
    await bench.call(principal, 'api_call');
    const { host } = new URL(operationServer);
    expect(bench.last()?.headers).toMatchObject({ authorization: `Bearer ${canary}`, host });
  });

  it('that a call uses is told by its explanation, and so is what it lacks', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ key: [], token: [] }]);
    const state = async () => (await bench.tools.directory.find(principal, 'api_call'))?.credential;
    expect(await state()).toMatchObject({ state: 'missing', wanted: expect.stringContaining('X-Key') as string });
    await bench.set(principal, toolId, { kind: 'apiKey', value: canary });
    expect(await state()).toEqual({ state: 'missing', wanted: 'token (HTTP bearer)' });
    await bench.set(principal, toolId, { kind: 'bearer', token: canary, slot: 'token' });
    expect(await state()).toEqual({ state: 'stored' });
  });

  it('is listed with what is wanted and missing, never with its secret [tools.credential-hidden]', async () => {
    const ada = await bench.person();
    const toolId = await bench.service(ada, [{ key: [], token: [] }, { oauth: ['read'] }]);
    await bench.set(ada, toolId, { kind: 'apiKey', slot: 'key', value: canary });
    await bench.tools.credentials.set(ada, toolId, 'mine', { kind: 'bearer', slot: 'other', token: canary });
    const overview = await bench.tools.credentials.overview(ada, toolId);
    expect(overview).toMatchObject({
      slots: [
        { slot: 'key', type: 'apiKey', in: 'header', name: 'X-Key', kinds: ['apiKey'], people: 0 },
        { slot: 'token', httpScheme: 'bearer' },
        { slot: 'oauth', scopes: ['read'], tokenUrl: 'https://id.example/token' },
      ],
      wanted: [
        {
          alternatives: [['key', 'token'], ['oauth']],
          operations: 1,
          state: 'missing',
          missing: [['token'], ['oauth']],
        },
      ],
    });
    expect(overview.credentials).toHaveLength(2);
    expect(overview.credentials).toContainEqual(
      expect.objectContaining({ slot: 'key', owner: 'organization', origins: [bench.origin] }),
    );
    expect(JSON.stringify(overview)).not.toContain(canary);
  });

  it('of each slot is opened for its own place alone', async () => {
    const principal = await bench.newPrincipal();
    const toolId = await bench.service(principal, [{ key: [] }]);
    await bench.set(principal, toolId, { kind: 'apiKey', slot: 'key', value: canary });
    await bench.set(principal, toolId, { kind: 'apiKey', slot: 'app', value: 'another-canary-123' });
    await bench.database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.organization_tools c set sealed = (
            select o.sealed from mcp.organization_tools o where o.tool_id = c.tool_id and o.slot = 'app')
          where c.slot = 'key'`.execute(tx),
    );
    expect(await failureOf(bench.call(principal, 'api_call'))).toMatchObject({ code: 'wrong_secret' });
  });
});
