import { generateKeyPairSync } from 'node:crypto';
import { newId, type MeshError } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openUpstreamBench, type UpstreamBench } from '../upstream.fixture.ts';
import { textOfResult } from '../calling/result-text.fixture.ts';

let bench: UpstreamBench;
beforeAll(async () => {
  bench = await openUpstreamBench();
});
afterAll(() => bench.close());

const failureOf = (work: Promise<unknown>): Promise<MeshError> =>
  work.then(
    () => expect.unreachable('It did not fail.'),
    (error: unknown) => error as MeshError,
  );

describe('a service under connections', () => {
  const connected = async (server: string, settings: object = {}) => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, server);
    await bench.order(server, settings);
    await bench.service(ada, server, { kind: 'oauth2', providerId: provider.id, mode: 'user' });
    await bench.consent(ada, provider.name);
    return { ada, provider, path: `/oauth/${server}/api/things` };
  };

  it('is called as the person behind the call, also by their agents, and as nobody else [connections.own]', async () => {
    const { ada, provider } = await connected('standard');
    expect(await bench.accountOf(ada)).toBe('ada');
    expect(await bench.accountOf({ ...ada, keyType: 'agent', agentId: newId() })).toBe('ada');
    const bob = await bench.person(ada.tenantId);
    expect(await failureOf(bench.call(bob, 'api_read'))).toMatchObject({ code: 'consent_required' });
    await bench.order('standard', { account: 'bob' });
    await bench.consent(bob, provider.name);
    expect(await Promise.all([bench.accountOf(ada), bench.accountOf(bob)])).toEqual(['ada', 'bob']);
    const { items } = await bench.audit.list(ada.tenantId, { limit: 10, action: 'tools.call' });
    expect(items.map(({ outcome }) => outcome)).toContain('failed');
  });

  it('is called under the connection of the organization where its credential says so', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'standard~shared');
    await bench.service(ada, 'standard~shared', { kind: 'oauth2', providerId: provider.id, mode: 'organization' });
    expect(await failureOf(bench.call(ada, 'api_read'))).toMatchObject({ code: 'consent_required' });
    await bench.order('standard~shared', { account: 'robot' });
    await bench.consent(ada, provider.name, 'organization');
    expect(await bench.accountOf(await bench.person(ada.tenantId))).toBe('robot');
  });

  it('gets no token elsewhere: another host, another origin, a provider of another organization [connections.hosts]', async () => {
    const { ada, provider } = await connected('standard~hosts');
    const elsewhere = {
      name: 'evil',
      document: '{"openapi":"3.1.0","servers":[{"url":"https://evil.example"}],"paths":{"/":{"get":{}}}}',
    };
    const credential = { kind: 'oauth2', providerId: provider.id, mode: 'user' } as const;
    const refused = bench.tools.import(ada, { ...elsewhere, credential }, async () => undefined);
    expect(await failureOf(refused)).toMatchObject({ code: 'invalid_request' });
    const eve = await bench.person();
    const id = newId();
    const foreign = await failureOf(bench.service(eve, 'standard~hosts', credential));
    const random = await failureOf(bench.service(eve, 'standard~hosts', { ...credential, providerId: id }));
    expect(foreign.code).toBe('not_found');
    expect(foreign.message.replace(provider.id, '')).toBe(random.message.replace(id, ''));
    expect(await failureOf(bench.connections.providers.remove(ada, provider.id))).toMatchObject({ code: 'conflict' });
  });

  it('that refuses a token gets another one, once, where the call can have done nothing [connections.refused]', async () => {
    const { ada, path } = await connected('standard~refused', { bareRefusals: true });
    bench.clock.forward(60);
    await bench.endAccess('standard~refused');
    expect(await bench.accountOf(ada)).toBe('ada');
    expect(await bench.requests(path)).toEqual(['GET', 'GET']);
    bench.clock.forward(60);
    await bench.endAccess('standard~refused');
    // A refusal that does not say why may come after the deed: a POST is not sent again.
    expect(await bench.call(ada, 'api_write')).toMatchObject({ isError: true, status: 401 });
    expect((await bench.requests(path)).filter((method) => method === 'POST')).toHaveLength(1);
    // The next one has the new token.
    expect(await bench.call(ada, 'api_write')).toMatchObject({ isError: false });
    expect(await bench.counts('standard~refused')).toMatchObject({ refreshes: 2, reused: 0 });
  });

  it('that says that it refused the token is sent a POST again, once', async () => {
    const { ada, path } = await connected('standard~challenge');
    bench.clock.forward(60);
    await bench.endAccess('standard~challenge');
    expect(await bench.call(ada, 'api_write')).toMatchObject({ isError: false });
    expect(await bench.requests(path)).toEqual(['POST', 'POST']);
  });

  it('that refuses every token costs one renewal and no more for a while [connections.refused]', async () => {
    const { ada, path } = await connected('standard~never', { refusesAll: true });
    bench.clock.forward(60);
    for (let time = 0; time < 3; time += 1) {
      expect(await bench.call(ada, 'api_read')).toMatchObject({ status: 401 });
    }
    expect(await bench.requests(path)).toHaveLength(4);
    expect(await bench.counts('standard~never')).toMatchObject({ refreshes: 1 });
  });

  it('whose token nothing renews is asked about at the provider: only its no ends the connection [connections.consent-gone]', async () => {
    const { ada } = await connected('github~lasting', { lasting: true });
    expect(await bench.accountOf(ada)).toBe('ada');
    await bench.withdraw('github~lasting', 'ada');
    expect(await bench.call(ada, 'api_read')).toMatchObject({ status: 401 });
    expect(await failureOf(bench.call(ada, 'api_read'))).toMatchObject({ code: 'consent_required' });
    const { items } = await bench.connections.list(ada, { limit: 5, everybody: false });
    expect(items).toMatchObject([{ status: 'revoked' }]);
  });

  it('keeps its tokens out of results, also when it repeats them [connections.secret]', async () => {
    const { ada } = await connected('standard~echo');
    bench.clock.forward(60);
    await bench.endAccess('standard~echo');
    const traceId = await bench.telemetry.tracer.span('request', {}, async () => {
      const result = await bench.call(ada, 'api_read');
      expect(JSON.stringify(result)).not.toContain('mock-access-');
      expect(textOfResult(result)).toContain('[redacted]');
      return bench.telemetry.tracer.traceId() ?? '';
    });
    const places = [
      JSON.stringify(bench.telemetry.tracer.recent(traceId)),
      bench.logLines.join('\n'),
      await bench.rowsOf(ada.tenantId),
    ];
    for (const place of places) expect(place).not.toMatch(/mock-(?:access|refresh)-/u);
  });
});

describe('a service by client credentials', () => {
  const credentialFor = (server: string, clientSecret = 'machine-secret-1234567890') => ({
    kind: 'clientCredentials' as const,
    tokenEndpoint: `${bench.origin}/oauth/${server}/token`,
    clientId: 'machine',
    clientSecret,
    clientAuthentication: 'basic' as const,
    scopes: ['read'],
  });
  const ready = async (server: string) => {
    const ada = await bench.person();
    await bench.register(server, { id: 'machine', secret: 'machine-secret-1234567890' });
    return { ada, toolId: await bench.service(ada, server, credentialFor(server)) };
  };

  it('asks for a token once for 64 calls at once, and again near its end [connections.one-renewal]', async () => {
    const { ada } = await ready('standard~machine');
    const accounts = await Promise.all(Array.from({ length: 64 }, () => bench.accountOf(ada)));
    expect(new Set(accounts)).toEqual(new Set(['machine']));
    expect(await bench.counts('standard~machine')).toMatchObject({ machineTokens: 1 });
    bench.clock.forward(3_700);
    expect(await bench.accountOf(ada)).toBe('machine');
    expect(await bench.counts('standard~machine')).toMatchObject({ machineTokens: 2 });
    expect(await bench.rowsOf(ada.tenantId)).not.toMatch(/mock-access|machine-secret/u);
  });

  it("under a person's own credential is called with its own token, in nobody else's calls [tools.own-credential]", async () => {
    const server = 'standard~mine';
    const { ada, toolId } = await ready(server);
    const bob = await bench.person(ada.tenantId);
    await bench.register(server, { id: 'of-ada', secret: 'secret-of-ada-1234567890' });
    const own = { ...credentialFor(server, 'secret-of-ada-1234567890'), clientId: 'of-ada' };
    await bench.tools.credentials.set(ada, toolId, 'mine', own);
    const accounts: unknown[] = [];
    for (const person of [ada, bob, ada, bob]) accounts.push(await bench.accountOf(person));
    expect(accounts).toEqual(['of-ada', 'machine', 'of-ada', 'machine']);
  });

  it('forgets its token with its credential, and tells whose refusal it was without the secret', async () => {
    const { ada, toolId } = await ready('standard~changed');
    expect(await bench.accountOf(ada)).toBe('machine');
    await bench.tools.credentials.set(
      ada,
      toolId,
      'organization',
      credentialFor('standard~changed', 'wrong-secret-0987654321'),
    );
    const failure = await failureOf(bench.call(ada, 'api_read'));
    expect(failure).toMatchObject({ code: 'upstream_failed' });
    expect(failure.message).toContain('invalid_client');
    expect(failure.message).not.toContain('wrong-secret');
    await bench.tools.credentials.set(ada, toolId, 'organization', credentialFor('standard~changed'));
    expect(await bench.accountOf(ada)).toBe('machine');
  });

  it('whose token endpoint would get the secret in the clear is refused', async () => {
    const ada = await bench.person();
    const clear = { ...credentialFor('standard'), tokenEndpoint: 'http://login.example.com/token' };
    expect(await failureOf(bench.service(ada, 'standard', clear))).toMatchObject({ code: 'invalid_request' });
  });
});

describe('a service by signed assertions', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = { type: 'pkcs8', format: 'pem' } as const;
  const publicPem = { type: 'spki', format: 'pem' } as const;
  const credentialFor = (server: string, key: string, algorithm: string) => ({
    kind: 'jwtBearer' as const,
    key,
    algorithm,
    issuer: 'account@project.example',
    scopes: ['read'],
    tokenEndpoint: `${bench.origin}/oauth/${server}/token`,
  });

  it.each([
    ['RS256', rsa, 'pkcs8'],
    ['RS256', rsa, 'pkcs1'],
    ['ES256', ec, 'pkcs8'],
  ] as const)('gets tokens by %s (RFC 7523)', async (algorithm, pair, type) => {
    const server = `standard~${algorithm}${type}`.toLowerCase();
    const ada = await bench.person();
    const publicKey = pair.publicKey.export(publicPem).toString();
    await bench.register(server, { id: 'account@project.example', publicKey });
    const key = pair.privateKey.export(type === 'pkcs1' ? { ...pem, type } : pem).toString();
    await bench.service(ada, server, credentialFor(server, key, algorithm));
    const { structured } = await bench.call(ada, 'api_read');
    expect(structured).toMatchObject({ account: 'account@project.example', scopes: ['read'] });
    expect(await bench.rowsOf(ada.tenantId)).not.toContain('PRIVATE KEY');
  });

  it('gets tokens of an installation as a GitHub App', async () => {
    const ada = await bench.person();
    await bench.register('github~app', { id: 'Iv1.app', publicKey: rsa.publicKey.export(publicPem).toString() });
    const { tokenEndpoint: _none, ...rest } = credentialFor(
      'github~app',
      rsa.privateKey.export(pem).toString(),
      'RS256',
    );
    const githubApp = { installationId: '4711', apiUrl: `${bench.origin}/oauth/github~app` };
    await bench.service(ada, 'github~app', { ...rest, issuer: 'Iv1.app', githubApp });
    expect(await bench.accountOf(ada)).toBe('Iv1.app');
    bench.clock.forward(3_700);
    expect(await bench.accountOf(ada)).toBe('Iv1.app');
    expect(await bench.counts('github~app')).toMatchObject({ machineTokens: 2 });
  });

  it('signed by another key gets none, which nobody is asked to consent to', async () => {
    const ada = await bench.person();
    await bench.register('standard~forged', {
      id: 'account@project.example',
      publicKey: ec.publicKey.export(publicPem).toString(),
    });
    const key = rsa.privateKey.export(pem).toString();
    await bench.service(ada, 'standard~forged', credentialFor('standard~forged', key, 'RS256'));
    expect(await failureOf(bench.call(ada, 'api_read'))).toMatchObject({ code: 'upstream_failed' });
  });

  it.each([
    ['is no key', 'hello', 'RS256'],
    ['is one for another algorithm', ec.privateKey.export(pem).toString(), 'RS256'],
    ['is too short', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pem).toString(), 'RS256'],
  ])('is refused with what %s', async (_what, key, algorithm) => {
    const ada = await bench.person();
    const failure = await failureOf(bench.service(ada, 'standard', credentialFor('standard', key, algorithm)));
    expect(failure).toMatchObject({ code: 'invalid_request' });
    expect(failure.message).not.toContain('PRIVATE');
  });
});

describe('a credential that a person passes through', () => {
  const canary = 'planted-pass-through-canary-1234567890';
  const handedOver = (service: string, token = canary) => ({ handedOver: [{ service, scheme: 'Bearer', token }] });
  const ready = async (server: string) => {
    const ada = await bench.person();
    await bench.register(server, { id: 'machine', secret: 'machine-secret-1234567890' });
    const stored = { kind: 'bearer', token: 'stored-token-1234567890' } as const;
    await bench.service(ada, server, stored);
    const provider = await bench.provider(ada, server);
    await bench.consent(ada, provider.name);
    return { ada, own: await bench.token(ada, provider) };
  };

  it('is used for that call instead of the stored one, and the trail says so [connections.pass-through]', async () => {
    const { ada, own } = await ready('standard~own-token');
    bench.allowing.add(ada.tenantId);
    const result = await bench.call(ada, 'api_read', handedOver('api', own));
    expect(result).toMatchObject({ status: 200, structured: { account: 'ada', authorization: 'Bearer [redacted]' } });
    expect(await bench.call(ada, 'api_read')).toMatchObject({ status: 401 });
    const { items } = await bench.audit.list(ada.tenantId, { limit: 2, action: 'tools.call' });
    expect(items.map(({ detail }) => detail['passThrough'])).toEqual([undefined, true]);
  });

  it('is refused where the organization does not allow it, and nothing else is sent in its place [connections.pass-through]', async () => {
    const { ada } = await ready('standard~forbidden');
    const path = '/oauth/standard~forbidden/api/things';
    expect(await failureOf(bench.call(ada, 'api_read', handedOver('api')))).toMatchObject({ code: 'forbidden' });
    expect(await bench.requests(path)).toEqual([]);
    const { items } = await bench.audit.list(ada.tenantId, { limit: 1, action: 'tools.call' });
    expect(items).toMatchObject([{ outcome: 'denied', detail: { passThrough: true } }]);
  });

  it('is used for the service that it names and for no other, and on no other origin [connections.pass-through]', async () => {
    const { ada, own } = await ready('standard~named');
    bench.allowing.add(ada.tenantId);
    expect(await bench.call(ada, 'api_read', handedOver('other', own))).toMatchObject({ status: 401 });
    // Another origin of the same document: neither the stored credential nor the person's goes there.
    expect(await bench.call(ada, 'api_elsewhere', handedOver('api', own))).toMatchObject({ status: 401 });
    expect(await bench.call(ada, 'api_read', handedOver('api', own))).toMatchObject({ status: 200 });
  });

  it('shows nowhere: not in rows, logs, traces, the trail, answers or errors [connections.pass-through]', async () => {
    const { ada } = await ready('standard~canary');
    bench.allowing.add(ada.tenantId);
    const shown: string[] = [];
    const traceId = await bench.telemetry.tracer.span('request', {}, async () => {
      shown.push(JSON.stringify(await bench.call(ada, 'api_read', handedOver('api'))));
      await bench.fault({ path: '/oauth/standard~canary/api/things', truncate: 3, times: 9 });
      const failure = await failureOf(bench.call(ada, 'api_read', handedOver('api')));
      shown.push(`${String(failure)} ${failure.stack ?? ''} ${JSON.stringify(failure)}`);
      return bench.telemetry.tracer.traceId() ?? '';
    });
    shown.push(
      JSON.stringify(bench.telemetry.tracer.recent(traceId)),
      bench.logLines.join('\n'),
      await bench.rowsOf(ada.tenantId),
      JSON.stringify(await bench.audit.list(ada.tenantId, { limit: 50 })),
    );
    for (const text of shown) {
      for (const form of ['utf8', 'hex', 'base64'] as const) {
        expect(text).not.toContain(Buffer.from(canary).toString(form).replace(/=+$/u, ''));
      }
    }
  });
});
