import { newId, silentTelemetry } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeBell, signedInAs } from './identity.fixture.ts';
import type { Principal } from './principal.ts';
import { createPrincipalCache, type Credential } from './principal-cache.ts';

describe('remembered principals', () => {
  const setUp = () => {
    const clock = fakeClock();
    const bell = fakeBell();
    const parts = { bell, clock, telemetry: silentTelemetry };
    return { clock, bell, here: createPrincipalCache(parts), there: createPrincipalCache(parts) };
  };
  const tenantId = newId();
  /** A source of one principal after another, which counts how often it was asked. */
  const source = (tenant = tenantId) => {
    const asked = { times: 0 };
    const load = (): Promise<Credential> => {
      asked.times += 1;
      return Promise.resolve({ principal: { ...signedInAs(tenant, newId(), 'owner'), keyId: String(asked.times) } });
    };
    return { asked, load };
  };

  it('are asked for once in five seconds [identity.remembered]', async () => {
    const { clock, here } = setUp();
    const { load } = source();
    expect((await here.read('a', load)).keyId).toBe('1');
    await clock.advance(4_999);
    expect((await here.read('a', load)).keyId).toBe('1');
    expect((await here.read('b', load)).keyId).toBe('2');
    await clock.advance(1);
    expect((await here.read('a', load)).keyId).toBe('3');
  });

  it('are asked for anew in every process once something of their tenant changed, and only of theirs [identity.remembered]', async () => {
    const { here, there } = setUp();
    const [own, other] = [source(), source(newId())];
    for (const cache of [here, there]) {
      await cache.read('own', own.load);
      await cache.read('other', other.load);
    }
    await here.change(tenantId, () => Promise.resolve());
    for (const cache of [here, there]) {
      await cache.read('own', own.load);
      await cache.read('other', other.load);
    }
    expect([own.asked.times, other.asked.times]).toEqual([4, 2]);
  });

  it('are asked for anew at once where the change was made, also if no bell rings [identity.remembered]', async () => {
    const { bell, here } = setUp();
    const { load } = source();
    bell.deaf = true;
    await here.read('a', load);
    await here.change(tenantId, () => Promise.resolve());
    expect((await here.read('a', load)).keyId).toBe('2');
  });

  it('are asked for anew also after a change that failed: it may have happened', async () => {
    const { here } = setUp();
    const { asked, load } = source();
    await here.read('a', load);
    await expect(here.change(tenantId, () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
    await here.read('a', load);
    expect(asked.times).toBe(2);
  });

  it('are known for five seconds where a ring was lost, and not longer [identity.remembered]', async () => {
    const { clock, bell, here, there } = setUp();
    const { load } = source();
    await there.read('a', load);
    bell.deaf = true;
    await here.change(tenantId, () => Promise.resolve());
    await clock.advance(4_999);
    expect((await there.read('a', load)).keyId).toBe('1');
    await clock.advance(1);
    expect((await there.read('a', load)).keyId).toBe('2');
  });

  it('end with their credential', async () => {
    const { clock, here } = setUp();
    const { asked, load } = source();
    const ending = async (): Promise<Credential> => ({ ...(await load()), endsAt: clock.now() + 1_000 });
    await here.read('a', ending);
    await clock.advance(1_000);
    await here.read('a', ending);
    expect(asked.times).toBe(2);
  });

  it('are not made of failures', async () => {
    const { here } = setUp();
    const { load } = source();
    await expect(here.read('a', () => Promise.reject(new Error('unknown')))).rejects.toThrow('unknown');
    expect((await here.read('a', load)).keyId).toBe('1');
  });

  it('are asked for once by many at the same time', async () => {
    const { here } = setUp();
    const { asked, load } = source();
    const slow = async (): Promise<Credential> => {
      await Promise.resolve();
      return load();
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => here.read('a', slow)));
    expect([asked.times, new Set(all.map(({ keyId }) => keyId)).size]).toEqual([1, 1]);
  });

  it('are never older than the latest change that is over, whatever overlaps [identity.remembered]', async () => {
    const step = fc.record({ kind: fc.constantFrom('here', 'there', 'change'), starts: fc.nat(30), takes: fc.nat(12) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const { here, there } = setUp();
        let stored = 0;
        let over = 0;
        const change = async (takes: number): Promise<void> => {
          const made = await here.change(tenantId, async () => {
            await turns(takes);
            stored += 1;
            const own = stored;
            await turns(takes);
            return own;
          });
          over = Math.max(over, made);
        };
        const read = async (cache: typeof here, takes: number): Promise<void> => {
          const known = over;
          const { keyId } = await cache.read('a', async () => {
            await turns(takes);
            const principal: Principal = { ...signedInAs(tenantId, newId(), 'owner'), keyId: String(stored) };
            await turns(takes);
            return { principal };
          });
          expect(Number(keyId)).toBeGreaterThanOrEqual(known);
        };
        await Promise.all(
          steps.map(async ({ kind, starts, takes }) => {
            await turns(starts);
            await (kind === 'change' ? change(takes) : read(kind === 'here' ? here : there, takes));
          }),
        );
        await read(here, 0);
        await read(there, 0);
      }),
      { numRuns: 300 },
    );
  });
});

/** Lets others go on, a number of times. */
async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each += 1) await Promise.resolve();
}
