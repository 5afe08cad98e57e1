import { randomBytes } from 'node:crypto';
import { newId } from '@devmesh/foundation';
import { createCache, createRateLimit, createSessions, type Platform } from '@devmesh/infrastructure';

/** Two tenants that call everything by the same name; the sentences tell what one notices of the other. */
export type EngineScenario = (
  platform: Platform,
  tenants: readonly [a: string, b: string],
) => Promise<readonly string[]>;

/** What every process shares, asked through the adapters that the instance runs on. */
export const engineScenarios: Readonly<Record<string, EngineScenario>> = {
  caches: async (platform, [a, b]) => {
    const options = { ...platform, name: `prove_${randomBytes(4).toString('hex')}`, ttlSeconds: 60, decode: String };
    const here = createCache<string>(options);
    const elsewhere = createCache<string>(options);
    try {
      await here.read(a, 'the-same', () => Promise.resolve('of A'));
      const near = await here.read(b, 'the-same', () => Promise.resolve('of B'));
      const far = await elsewhere.read(b, 'the-same', () => Promise.resolve('of B'));
      await here.change(a, () => Promise.resolve());
      const kept = await here.read(b, 'the-same', () => Promise.resolve('loaded again'));
      return [
        ...unless(near === 'of B' && far === 'of B', 'a cache gives B the value of A'),
        ...unless(kept === 'of B', "a change of A drops B's value"),
      ];
    } finally {
      await here.close();
      await elsewhere.close();
    }
  },
  'rate limits': async (platform, [a, b]) => {
    const limits = createRateLimit({ ...platform, name: `prove-${newId()}` });
    const policy = [{ policy: 'tool', key: 'the-same', limit: 2, windowSeconds: 60 }];
    const take = async (tenant: string): Promise<boolean> => (await limits.checkAll(tenant, policy)).allowed;
    const ofA = [await take(a), await take(a), await take(a)];
    const ofB = [await take(b), await take(b)];
    return [
      ...unless(ofA.join() === 'true,true,false', 'a limit of A does not hold, so nothing is proved'),
      ...unless(ofB.join() === 'true,true', "what A used up is taken from B's limit"),
    ];
  },
  sessions: async (platform, [a, b]) => {
    const same = newId();
    const sessions = createSessions({ ...platform, ttlSeconds: 60, newId: () => same });
    await sessions.create(a, { whose: 'a' });
    const before = await sessions.get(b, same);
    const refreshed = await sessions.refresh(b, same);
    const revoked = await sessions.revoke(b, same);
    const still = await sessions.get(a, same);
    const listed = await sessions.list(b);
    return [
      ...unless(before === undefined && listed.length === 0, 'B sees a session of A'),
      ...unless(!refreshed && !revoked && still !== undefined, 'B can keep or end a session of A'),
    ];
  },
  blobs: async ({ blob }, [a, b]) => {
    const content = randomBytes(64);
    const { sha256 } = await blob.put(a, content);
    const foreign = await blob.get(b, sha256);
    await blob.delete(b, sha256);
    const still = await blob.get(a, sha256);
    await blob.put(b, content);
    await blob.delete(a, sha256);
    const own = await blob.get(b, sha256);
    await blob.delete(b, sha256);
    return [
      ...unless(foreign === undefined, 'B reads a blob of A by its digest'),
      ...unless(still !== undefined, 'B deletes a blob of A'),
      ...unless(own !== undefined, 'A deletes the blob of B that has the same content'),
    ];
  },
  streams: async ({ stream }, [a, b]) => {
    const topic = `prove-${newId()}`;
    const reader = { topic, group: 'prove', consumer: 'one' };
    await stream.createGroup(topic, reader.group);
    await stream.append(topic, [
      { tenantId: a, kind: 'k', subjectId: 'the-same' },
      { tenantId: b, kind: 'k', subjectId: 'the-same' },
    ]);
    const ofB = await stream.read(reader, { count: 10, waitMilliseconds: 2_000, except: [a] });
    const ofA = await stream.read(reader, { count: 10, waitMilliseconds: 2_000 });
    await stream.acknowledge(
      topic,
      reader.group,
      [...ofB, ...ofA].map(({ entryId }) => entryId),
    );
    await stream.trim(topic);
    return [
      ...unless(ofB.map(({ tenantId }) => tenantId).join() === b, 'an entry of A comes as an entry of B'),
      ...unless(ofA.map(({ tenantId }) => tenantId).join() === a, 'an entry of A is lost or comes as another tenant'),
    ];
  },
};

/** A sentence where something does not hold. */
export function unless(holds: boolean, sentence: string): readonly string[] {
  return holds ? [] : [sentence];
}
