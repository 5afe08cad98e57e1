import type { MeshError } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothing, openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { textOfResult } from '../calling/result-text.fixture.ts';

describe('credentials', () => {
  let bench: ToolsBench;
  beforeAll(async () => {
    bench = await openToolsBench();
  });
  afterAll(() => bench.close());

  const password = 'correct-horse "battery"';
  const basic = Buffer.from(`ada:${password}`).toString('base64');

  it.each([
    [
      { kind: 'bearer', token: 'token-1234567890' } as const,
      'authorization',
      'Bearer token-1234567890',
      'token-1234567890',
    ],
    [{ kind: 'basic', username: 'ada', password } as const, 'authorization', `Basic ${basic}`, password],
    [
      { kind: 'apiKey', in: 'header', name: 'X-Key', value: 'key-1234567890' } as const,
      'x-key',
      'key-1234567890',
      'key-1234567890',
    ],
  ])('reach the service and nothing else: %j', async (credential, header, expected, secret) => {
    const principal = await bench.newPrincipal();
    await bench.importByUrl(principal, { credential });
    const result = await bench.call(principal, 'issues_echo');
    expect(bench.received.at(-1)?.headers[header]).toBe(expected);
    expect(JSON.stringify(result)).toContain('[redacted]');
    for (const place of [JSON.stringify(result), await bench.rowsOf(principal), bench.logLines.join('\n')]) {
      expect(place).not.toContain(secret);
      // Binary columns are shown in hex.
      expect(place).not.toContain(Buffer.from(secret).toString('hex'));
      expect(place).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(place).not.toContain(expected);
    }
  });

  it('go into the query where the service wants them there, and not into errors, spans or rows', async () => {
    const principal = await bench.newPrincipal();
    const { tool } = await bench.importByUrl(principal);
    const secret = 'query-key/1234567890';
    await bench.tools.credentials.set(principal, tool.id, 'organization', {
      kind: 'apiKey',
      in: 'query',
      name: 'api_key',
      value: secret,
    });
    const traceId = await bench.telemetry.tracer.span('request', {}, async () => {
      const result = await bench.call(principal, 'issues_echo');
      expect(textOfResult(result)).toContain('api_key=[redacted]');
      return bench.telemetry.tracer.traceId() ?? '';
    });
    expect(bench.received.at(-1)?.url).toBe(`/api/echo?api_key=${encodeURIComponent(secret)}`);
    const places = [
      JSON.stringify(bench.telemetry.tracer.recent(traceId)),
      await bench.rowsOf(principal),
      bench.logLines.join('\n'),
    ];
    for (const place of places) {
      expect(place).not.toContain(secret);
      expect(place).not.toContain(encodeURIComponent(secret));
    }
    expect((await bench.tools.list(principal, { limit: 10 })).items).toMatchObject([{ hasCredential: true }]);
  });

  it('do not follow a redirect to another origin', async () => {
    const principal = await bench.newPrincipal();
    const credential = { kind: 'apiKey', in: 'header', name: 'X-Key', value: 'key-1234567890' } as const;
    await bench.importByUrl(principal, { credential });
    await bench.call(principal, 'issues_elsewhere');
    expect(bench.received.at(-1)?.headers.host).toContain('localhost');
    expect(bench.received.at(-1)?.headers['x-key']).toBeUndefined();
    expect(bench.received.at(-2)?.headers['x-key']).toBe('key-1234567890');
  });

  it('stay with the origin of the service when an operation is called elsewhere', async () => {
    const principal = await bench.newPrincipal();
    const elsewhere = { url: `${bench.origin.replace('127.0.0.1', 'localhost')}/api` };
    const document = JSON.stringify({
      openapi: '3.0.0',
      servers: [{ url: `${bench.origin}/api` }],
      paths: { '/echo': { get: { operationId: 'here' }, post: { operationId: 'there', servers: [elsewhere] } } },
    });
    const credential = { kind: 'bearer', token: 'token-1234567890' } as const;
    const { loosened } = await bench.tools.import(principal, { name: 'two', document, credential }, nothing);
    expect(loosened).toHaveLength(1);
    await bench.call(principal, 'two_here');
    expect(bench.received.at(-1)?.headers.authorization).toBe('Bearer token-1234567890');
    await bench.call(principal, 'two_there');
    expect(bench.received.at(-1)).toMatchObject({ method: 'POST', url: '/api/echo' });
    expect(bench.received.at(-1)?.headers.authorization).toBeUndefined();
  });

  it.each([
    { kind: 'bearer', token: 'a\r\nx: y' } as const,
    { kind: 'apiKey', in: 'header', name: 'Host', value: 'evil' } as const,
    { kind: 'apiKey', in: 'header', name: 'X Y', value: 'v' } as const,
  ])('that could not be sent are refused without being repeated: %j', async (credential) => {
    const principal = await bench.newPrincipal();
    const { tool } = await bench.importByUrl(principal);
    const failure = (await bench.tools.credentials
      .set(principal, tool.id, 'organization', credential)
      .catch((error: unknown) => error)) as MeshError;
    expect(failure).toMatchObject({ code: 'invalid_request' });
    expect(failure.message).not.toContain('evil');
  });
});
