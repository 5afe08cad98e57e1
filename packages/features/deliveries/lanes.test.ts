import { describe, expect, test } from 'vitest';
import { createLanes } from './lanes.ts';

/** Lanes whose work ends when it is told to. */
function held({
  perTenant = 2,
  more = () => false,
}: { perTenant?: number; more?: (endpointId: string) => boolean } = {}) {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  let most = 0;
  const lanes = createLanes({
    perTenant,
    work: ({ tenantId, endpointId }) => {
      begun.push(endpointId);
      return new Promise((resolve, reject) => {
        ends.set(endpointId, (error) => {
          ends.delete(endpointId);
          if (error === undefined) resolve(more(endpointId));
          else reject(error);
        });
        most = Math.max(most, [...ends.keys()].filter((one) => one.startsWith(tenantId)).length);
      });
    },
  });
  const stopping = new AbortController();
  const ring = (endpointId: string) => lanes({ tenantId: endpointId.slice(0, 1), endpointId }, stopping.signal);
  const end = async (endpointId: string, error?: Error): Promise<void> => {
    ends.get(endpointId)?.(error);
    await new Promise(setImmediate);
  };
  return { begun, ring, end, stop: () => stopping.abort(), most: () => most };
}

describe('lanes', () => {
  test('work for a few endpoints of an organization at once, and for other organizations all the same', async () => {
    const { begun, ring, end, most } = held();
    const rings = ['a1', 'a2', 'a3', 'b1'].map(ring);
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('a1');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    for (const one of ['a2', 'a3', 'b1']) await end(one);
    await Promise.all(rings);
    expect(most()).toBe(2);
  });

  test('look once more at an endpoint that was rung for while they worked for it', async () => {
    const { begun, ring, end } = held();
    const first = ring('a1');
    await ring('a1');
    await ring('a1');
    await end('a1');
    expect(begun).toEqual(['a1', 'a1']);
    await end('a1');
    await first;
    expect(begun).toHaveLength(2);
  });

  test('give the next endpoint its turn before one that has more to do', async () => {
    let left = 1;
    const { begun, ring, end } = held({ perTenant: 1, more: (endpointId) => endpointId === 'a1' && left-- > 0 });
    const first = ring('a1');
    await ring('a2');
    for (const one of ['a1', 'a2', 'a1']) await end(one);
    await first;
    expect(begun).toEqual(['a1', 'a2', 'a1']);
  });

  test('go on after one that failed', async () => {
    const { begun, ring, end } = held({ perTenant: 1 });
    const first = ring('a1');
    const failure = first.catch((error: unknown) => error);
    await end('a1', new Error('the database is away'));
    expect(await failure).toMatchObject({ message: 'the database is away' });
    const second = ring('a1');
    await end('a1');
    await second;
    expect(begun).toEqual(['a1', 'a1']);
  });

  test('begin nothing new once they are told to stop', async () => {
    const { begun, ring, end, stop } = held({ perTenant: 1 });
    const first = ring('a1');
    await ring('a2');
    stop();
    await end('a1');
    await first;
    expect(begun).toEqual(['a1']);
  });
});
