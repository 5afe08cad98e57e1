import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { silentTelemetry } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Resolve } from './checked-connect.ts';
import { forbiddenAddresses, forbiddenPorts, reboundAddresses } from './forbidden-addresses.fixture.ts';
import { createGuardedFetch, type ClosableGuardedFetch } from './guarded-fetch.ts';

/** Servers that nothing may reach, on loopback of both families. */
const decoys: Server[] = [];
const ports: number[] = [];
let hits = 0;
const guards: ClosableGuardedFetch[] = [];

beforeAll(async () => {
  for (const host of ['127.0.0.1', '::1', '0.0.0.0']) {
    const decoy = createServer((_request, response) => response.end('secret'));
    decoy.on('connection', () => {
      hits += 1;
    });
    const listening = await new Promise<boolean>((resolve) => {
      decoy.once('error', () => {
        resolve(false);
      });
      decoy.listen(0, host, () => {
        resolve(true);
      });
    });
    // A machine without IPv6 has one decoy less.
    if (!listening) continue;
    decoys.push(decoy);
    ports.push((decoy.address() as AddressInfo).port);
  }
});
afterAll(async () => {
  await Promise.all(guards.map((one) => one.close()));
  for (const decoy of decoys) {
    decoy.closeAllConnections();
    await new Promise((resolve) => decoy.close(resolve));
  }
});

const noNames: Resolve = (hostname) =>
  hostname.replace(/\.$/u, '') === 'localhost'
    ? Promise.resolve(['127.0.0.1', '::1'])
    : Promise.reject(new Error('There are no names here.'));

function guard(resolve: Resolve = noNames): ClosableGuardedFetch {
  const guarded = createGuardedFetch({ allowHosts: [], telemetry: silentTelemetry, resolve });
  guards.push(guarded);
  return guarded;
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'reached';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** The address as it would lead to a decoy, where its port is free to choose. */
function atDecoy(address: string, port: number): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  if (url.port === '' && /^https?:$/u.test(url.protocol)) url.port = String(port);
  return url.href;
}

const refusals = ['address_refused', 'invalid_request'];

describe('the decoys', () => {
  test('can be reached by who is not guarded', async () => {
    const before = hits;
    await fetch(`http://127.0.0.1:${String(ports[0])}/`);
    expect(hits).toBe(before + 1);
    hits = 0;
  });

  test('stand behind at least 120 forbidden addresses', () => {
    expect(new Set(forbiddenAddresses).size).toBeGreaterThanOrEqual(120);
  });
});

describe('no forbidden address', () => {
  test.each(forbiddenAddresses.map((address) => [address]))(
    '%j is reached by a fetch, a stream, a socket or a redirect [outbound.guarded]',
    async (address) => {
      const guarded = guard();
      for (const port of ports) {
        const target = atDecoy(address, port);
        // A name that is none may also simply not be found.
        const expected =
          address.includes('example.com') || address === 'http://./' ? [...refusals, 'upstream_unreachable'] : refusals;
        expect(expected).toContain(await codeOf(() => guarded(target)));
        expect(expected).toContain(await codeOf(() => guarded.stream(target)));
      }
      await Promise.all(guards.splice(0).map((one) => one.close()));
      expect(hits).toBe(0);
    },
  );

  test('is given to a socket', async () => {
    const guarded = guard();
    for (const address of forbiddenAddresses) {
      const code = await codeOf(() => {
        const target = atDecoy(address.replace(/^http(?=s?:)/u, 'ws'), ports[0] ?? 0);
        const { lookup } = guarded.socket(target);
        const { hostname } = new URL(target);
        return new Promise((resolve, reject) => {
          const socket = connect({ host: hostname, port: ports[0] ?? 0, lookup });
          socket.once('error', reject).once('connect', () => {
            socket.destroy();
            resolve(undefined);
          });
        });
      });
      expect([
        ...refusals,
        'There are no names here.',
        'Error: There are no names here.',
        'ENOTFOUND',
        'upstream_unreachable',
      ]).toContain(code);
    }
    expect(hits).toBe(0);
  });

  test('is reached by a port of another protocol, whatever the address [outbound.guarded]', async () => {
    const guarded = guard(() => Promise.resolve(['93.184.216.34']));
    for (const port of forbiddenPorts) {
      expect(await codeOf(() => guarded(`http://public.example:${String(port)}/`))).toBe('address_refused');
      expect(await codeOf(() => guarded.socket(`ws://public.example:${String(port)}/`))).toBe('address_refused');
    }
  });
});

describe('a name that is rebound', () => {
  test('never leads to a decoy, in 1,000 rounds of changing answers [outbound.guarded]', async () => {
    hits = 0;
    let rounds = 0;
    let asked = 0;
    const answers = fc.array(fc.constantFrom(...reboundAddresses), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(answers, fc.nat(2), fc.boolean(), async (addresses, index, streamed) => {
        rounds += 1;
        // Every question gets another answer, as a resolver of an attacker gives; none for the first look, at times.
        let turn = 0;
        const guarded = guard(() => {
          asked += 1;
          const rest = addresses.slice(turn % addresses.length);
          turn += 1;
          return Promise.resolve(rest);
        });
        const url = `http://rebound-${String(rounds)}.example:${String(ports[index % ports.length])}/`;
        const work = () => (streamed ? guarded.stream(url) : guarded(url));
        expect(await codeOf(work)).toBe('address_refused');
        expect(await codeOf(work)).toBe('address_refused');
        await Promise.all(guards.splice(0).map((one) => one.close()));
      }),
      { numRuns: 1_000 },
    );
    expect(rounds).toBe(1_000);
    expect(asked).toBe(2_000);
    expect(hits).toBe(0);
  });
});
