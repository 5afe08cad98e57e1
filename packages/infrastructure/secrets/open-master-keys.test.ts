import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, silentTelemetry, systemClock } from '@devmesh/foundation';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEnvironmentSecrets } from './environment.ts';
import { hasMasterKey, openMasterKeys, type MasterKeyConfig } from './open-master-keys.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devmesh-keys-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const newKey = (): string => randomBytes(32).toString('base64');
const open = (config: Partial<MasterKeyConfig> = {}, more = {}) =>
  openMasterKeys({
    config: { MASTER_KEY_PREVIOUS: [], DATA_DIR: join(folder, 'data'), ...config },
    log: silentTelemetry.log,
    clock: systemClock,
    ...more,
  });
const file = (text: string, mode = 0o600, name = 'key'): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};
const texts = async (config: Partial<MasterKeyConfig>): Promise<readonly string[]> =>
  (await open(config)).all().map(({ key }) => key.open());
const refused = async (config: Partial<MasterKeyConfig>): Promise<string> => {
  const error = await open(config).then(
    () => expect.fail('it was opened'),
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ code: 'invalid_config' });
  return String(error);
};

describe('the master key', () => {
  test('comes from the one source that is configured, and no file is made', async () => {
    const [one, two, three] = [newKey(), newKey(), newKey()];
    expect(await texts({ MASTER_KEY: new Secret(one) })).toEqual([one]);
    expect(await texts({ MASTER_KEY_FILE: file(`${two}\n`) })).toEqual([two]);
    const environment = { master: three, master_PREVIOUS: one };
    const openSecrets = () =>
      Promise.resolve(createEnvironmentSecrets({ environment, names: ['master', 'master_PREVIOUS'] }));
    const managed = await open({ MASTER_KEY_SECRET_ID: 'master' }, { openSecrets });
    expect(managed.all().map(({ key }) => key.open())).toEqual([three, one]);
    await managed.close();
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('is refused from two sources at once', async () => {
    const sources = {
      MASTER_KEY: new Secret(newKey()),
      MASTER_KEY_FILE: file(newKey()),
      MASTER_KEY_SECRET_ID: 'master',
    };
    expect(await refused(sources)).toContain('MASTER_KEY, MASTER_KEY_FILE, MASTER_KEY_SECRET_ID');
    const previous = { MASTER_KEY_PREVIOUS: [new Secret(newKey())], MASTER_KEY_PREVIOUS_FILE: file(newKey()) };
    expect(await refused({ MASTER_KEY: new Secret(newKey()), ...previous })).toContain('MASTER_KEY_PREVIOUS_FILE');
  });

  test('has previous ones from a list or a file', async () => {
    const [one, two, three] = [newKey(), newKey(), newKey()];
    const MASTER_KEY = new Secret(one);
    expect(await texts({ MASTER_KEY, MASTER_KEY_PREVIOUS: [new Secret(two), new Secret(three)] })).toEqual([
      one,
      two,
      three,
    ]);
    expect(await texts({ MASTER_KEY, MASTER_KEY_PREVIOUS_FILE: file(`${two}\n${three}\n`) })).toEqual([
      one,
      two,
      three,
    ]);
  });

  test('is not made for a server, nor in production, but one that is there is used', async () => {
    const servers = [{ DATABASE_URL: 'postgres://x' }, { NODE_ENV: 'production' }];
    for (const config of servers) expect(await refused(config)).toContain('openssl rand -base64 32');
    const made = await texts({ NODE_ENV: 'development' });
    for (const config of servers) expect(await texts(config)).toEqual(made);
  });

  test('is refused when it is weak, wherever it comes from, and its text is not told', async () => {
    const weak = [
      Buffer.alloc(32),
      Buffer.from('01'.repeat(16)),
      Buffer.from([...Array(32).keys()]),
      Buffer.from([...Array(32).keys()].map((at) => 255 - at)),
      Buffer.from('password'.repeat(4)),
      randomBytes(31),
    ].map((bytes) => bytes.toString('base64'));
    for (const key of weak) {
      for (const config of [
        { MASTER_KEY: new Secret(key) },
        { MASTER_KEY_FILE: file(key) },
        { MASTER_KEY: new Secret(newKey()), MASTER_KEY_PREVIOUS: [new Secret(key)] },
      ]) {
        expect(await refused(config)).not.toContain(key);
      }
    }
  });

  test('counts as given by each of the sources', () => {
    expect(hasMasterKey({})).toBe(false);
    expect(hasMasterKey({ MASTER_KEY: new Secret('') })).toBe(true);
    expect(hasMasterKey({ MASTER_KEY_FILE: 'x' })).toBe(true);
    expect(hasMasterKey({ MASTER_KEY_SECRET_ID: 'x' })).toBe(true);
  });
});

describe('a file with the master key', () => {
  const asRoot = process.getuid?.() === 0;

  test('is refused when it is not there, no file, too large or open to others', async () => {
    expect(await refused({ MASTER_KEY_FILE: join(folder, 'nowhere') })).toContain('no file');
    expect(await refused({ MASTER_KEY_FILE: folder })).toContain('is not a file');
    expect(await refused({ MASTER_KEY_FILE: file('x'.repeat(5_000)) })).toContain('too large');
    for (const mode of [0o604, 0o644, 0o444, 0o660, 0o602, 0o620]) {
      expect(await refused({ MASTER_KEY_FILE: file(newKey(), mode) })).toContain('chmod 600');
    }
  });

  test.skipIf(!asRoot)(
    'may be a mounted secret of root, which the group reads, behind a link (needs root)',
    async () => {
      const key = newKey();
      const path = file(key, 0o440);
      symlinkSync(path, join(folder, 'link'));
      expect(await texts({ MASTER_KEY_FILE: join(folder, 'link') })).toEqual([key]);
    },
  );

  test.skipIf(!asRoot)('is refused when another user owns it, who could change it (needs root)', async () => {
    const path = file(newKey());
    chownSync(path, 12_345, 0);
    expect(await refused({ MASTER_KEY_FILE: path })).toContain('another user');
  });
});
