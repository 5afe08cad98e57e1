import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret, silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrganizationAllowLists } from './allow-list.ts';
import { createGuardedFetch, type ClosableGuardedFetch } from './guarded-fetch.ts';

const ours = '01900000-0000-7000-8000-000000000001';
const theirs = '01900000-0000-7000-8000-000000000002';

let server: Server;
let guarded: ClosableGuardedFetch;
let url: string;
let connections = 0;

beforeAll(async () => {
  server = createServer((_request, response) => response.end('internal'));
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as AddressInfo).port);
  url = `http://gitlab.test:${port}/`;
  guarded = createGuardedFetch({
    allowHosts: [],
    organizationAllowHosts: [`${ours.toUpperCase()}=gitlab.test:${port}`, `${theirs}=other.test`],
    telemetry: silentTelemetry,
    resolve: () => Promise.resolve(['127.0.0.1']),
  });
});
afterAll(async () => {
  await guarded.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'reached',
    (error: unknown) => (error as { code: string }).code,
  );
}

describe('a host that the operator opened for one organization', () => {
  test('is open for that one, and for nobody else [outbound.of-organization]', async () => {
    expect(await codeOf(guarded(url, { tenantId: ours }))).toBe('reached');
    const before = connections;
    for (const tenantId of [theirs, undefined, '', ours.replace('1', '3')]) {
      expect(await codeOf(guarded(url, { tenantId }))).toBe('address_refused');
      expect(await codeOf(guarded.stream(url, { tenantId }))).toBe('address_refused');
    }
    expect(connections).toBe(before);
  });

  test('is not open under a client certificate of another [outbound.of-organization]', async () => {
    const clientCertificate = { certificate: '', key: new Secret('') };
    expect(await codeOf(guarded(url, { tenantId: ours, clientCertificate }))).toBe('reached');
    expect(await codeOf(guarded(url, { tenantId: theirs, clientCertificate }))).toBe('address_refused');
    expect(await codeOf(guarded(url, { clientCertificate }))).toBe('address_refused');
  });

  test('is not reached over a connection that the organization left open [outbound.of-organization]', async () => {
    await Promise.all(Array.from({ length: 4 }, () => guarded(url, { tenantId: ours })));
    const tries = Array.from({ length: 20 }, (_, index) =>
      codeOf(guarded(url, { tenantId: index % 2 === 0 ? theirs : undefined })),
    );
    expect(new Set(await Promise.all(tries))).toEqual(new Set(['address_refused']));
  });

  test('keeps its connections for the organization', async () => {
    await guarded(url, { tenantId: ours });
    const before = connections;
    for (let time = 0; time < 5; time += 1) await guarded(url, { tenantId: ours });
    expect(connections - before).toBeLessThan(5);
  });

  test('is open for its streams and sockets as well', async () => {
    const { body } = await guarded.stream(url, { tenantId: ours });
    expect(await new Response(body).text()).toBe('internal');
    const { lookup } = guarded.socket(url, { tenantId: ours });
    const found = await new Promise((resolve) => {
      lookup('gitlab.test', {}, (_error, address) => {
        resolve(address);
      });
    });
    expect(found).toBe('127.0.0.1');
    const refused = await new Promise((resolve) => {
      guarded.socket(url, { tenantId: theirs }).lookup('gitlab.test', {}, (error) => {
        resolve(error);
      });
    });
    expect(refused).toMatchObject({ code: 'address_refused' });
    const literal = url.replace('gitlab.test', '127.0.0.1');
    expect(() => guarded.socket(literal, { tenantId: ours })).toThrow('not a public address');
  });
});

describe('the list of the operator', () => {
  test.each([
    'gitlab.test',
    `${ours}=`,
    `${ours}=http://x`,
    ours,
    '=gitlab.test',
    'ours=gitlab.test',
    `${ours}=*`,
    `${ours}=a=b`,
  ])('refuses the entry %j in one sentence', (entry) => {
    expect(() => createOrganizationAllowLists([entry])).toThrow(
      expect.objectContaining({
        code: 'invalid_config',
        message: expect.stringContaining('ORGANIZATION_ALLOW_HOSTS') as string,
      }) as Error,
    );
  });
});
