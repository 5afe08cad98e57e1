import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { randomBytes } from 'node:crypto';
import { Secret, silentTelemetry, toMeshError } from '@devmesh/foundation';
import { createMockserver, mockSecretsManagerKey } from '@devmesh/mockserver';
import { fakeClock } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAwsSecrets } from './aws.ts';
import { secretsContract } from './contract.ts';
import { createMasterKeys } from './master-keys.ts';
import { openRefreshedMasterKeys } from './refreshed-master-keys.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const region = 'eu-central-1';

describe('AWS Secrets Manager', () => {
  const mock = createMockserver({ port: 0, log: silentTelemetry.log });
  let operator: SecretsManagerClient;
  const endpoint = (): string => `${mock.url()}/secretsmanager/`;
  beforeAll(async () => {
    await mock.start();
    operator = new SecretsManagerClient({ endpoint: endpoint(), region, credentials: mockSecretsManagerKey });
    await create('PRESENT', 'hush');
    await create('CHANGED', 'old');
    await change('CHANGED', 'new');
  });
  afterAll(() => mock.stop());

  const create = (Name: string, SecretString: string) => operator.send(new CreateSecretCommand({ Name, SecretString }));
  const change = (SecretId: string, SecretString: string) =>
    operator.send(new PutSecretValueCommand({ SecretId, SecretString }));
  const open = ({ secretAccessKey = mockSecretsManagerKey.secretAccessKey, at = endpoint() } = {}) => {
    const { accessKeyId } = mockSecretsManagerKey;
    return openAwsSecrets({
      region,
      endpoint: at,
      credentials: { accessKeyId, secretAccessKey: new Secret(secretAccessKey) },
    });
  };

  secretsContract(() => Promise.resolve(open()));

  test('tells a refusal and silence apart, and shows no credentials', async () => {
    const failing = async (secrets: ReturnType<typeof open>): Promise<string> => {
      try {
        await secrets.read('PRESENT');
        return 'it was read';
      } catch (error) {
        return `${toMeshError(error).code}: ${String(error)}`;
      }
    };
    const refused = await failing(open({ secretAccessKey: 'a-wrong-key' }));
    expect(refused).toMatch(/^unavailable: .+refuses the request/u);
    expect(refused).not.toContain('a-wrong-key');
    expect(await failing(open({ at: 'http://127.0.0.1:1/' }))).toMatch(/^unavailable: .+does not answer/u);
  });

  describe('as the source of master keys', () => {
    const setUp = async (name: string) => {
      const clock = fakeClock();
      const [first, second, third] = [newKey(), newKey(), newKey()];
      const ids = [first, second, third].map((key) => createMasterKeys({ current: new Secret(key) }).current().id);
      await create(name, first);
      const keys = await openRefreshedMasterKeys({
        secrets: open(),
        name,
        previous: [],
        log: silentTelemetry.log,
        clock,
      });
      return { clock, keys, texts: [first, second, third] as const, ids, all: () => keys.all().map(({ id }) => id) };
    };

    test('a new key is seen when an unknown one turns up, and all that were seen stay known', async () => {
      const { clock, keys, texts, ids, all } = await setUp('unknown-id');
      expect(all()).toEqual([ids[0]]);
      await change('unknown-id', texts[1]);
      await keys.refresh();
      expect(all()).toEqual([ids[0]]);
      await clock.advance(10_000);
      await keys.refresh();
      expect(all()).toEqual([ids[1], ids[0]]);
      await change('unknown-id', texts[2]);
      await clock.advance(10_000);
      await Promise.all([keys.refresh(), keys.refresh()]);
      expect(all()).toEqual([ids[2], ids[1], ids[0]]);
      expect(keys.find(ids[0]!)?.key.open()).toBe(texts[0]);
      await keys.close();
    });

    test('it is looked at again now and then', async () => {
      const { clock, keys, texts, ids, all } = await setUp('now-and-then');
      await change('now-and-then', texts[1]);
      await clock.advance(299_999);
      expect(all()).toEqual([ids[0]]);
      await clock.advance(1);
      await expect.poll(all).toEqual([ids[1], ids[0]]);
      await keys.close();
    });

    test('what is no key does not replace one, and a placeholder of before is passed over', async () => {
      const { clock, keys, texts, ids, all } = await setUp('broken');
      await change('broken', 'not a key');
      await clock.advance(10_000);
      await keys.refresh();
      expect(all()).toEqual([ids[0]]);
      await change('broken', texts[1]);
      await clock.advance(10_000);
      await keys.refresh();
      expect(all()).toEqual([ids[1], ids[0]]);
      await keys.close();
    });

    test('a secret that is not there is refused at the start', async () => {
      const missing = { secrets: open(), name: 'nowhere', previous: [], log: silentTelemetry.log, clock: fakeClock() };
      await expect(openRefreshedMasterKeys(missing)).rejects.toMatchObject({ code: 'invalid_config' });
    });

    test('the last good keys stay while it does not answer', async () => {
      const { clock, keys, ids, all } = await setUp('away');
      await mock.stop();
      await clock.advance(10_000);
      await keys.refresh();
      expect(all()).toEqual([ids[0]]);
      await keys.close();
    });
  });
});
