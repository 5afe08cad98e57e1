import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readMasterKey } from './master-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devmesh-key-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const path = (): string => join(folder, 'master.key');

test('the first start makes a key that only its owner can read, and every later start reads the same', async () => {
  const key = await readMasterKey({ folder });
  expect(Buffer.from(key.open(), 'base64')).toHaveLength(32);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect((await readMasterKey({ folder })).open()).toBe(key.open());
  expect(readdirSync(folder)).toEqual(['master.key']);
});

test('starts at the same moment agree on one key', async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, () => readMasterKey({ folder: join(folder, 'data') })));
  expect(new Set(keys.map((key) => key.open())).size).toBe(1);
  expect(readdirSync(join(folder, 'data'))).toEqual(['master.key']);
});

test('a folder that cannot be made or written is refused in one sentence', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const place of [join(file, 'data'), file, join('/sys', 'data')]) {
    await expect(readMasterKey({ folder: place })).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining(place) as string,
    });
  }
});

test('a configured key is used and no file is made', async () => {
  const configured = randomBytes(32).toString('base64');
  expect((await readMasterKey({ configured, folder })).open()).toBe(configured);
  expect(existsSync(path())).toBe(false);
});

test('a file that others can read is refused with what to do', async () => {
  for (const mode of [0o640, 0o604, 0o660]) {
    writeFileSync(path(), randomBytes(32).toString('base64'));
    rmSync(path());
    writeFileSync(path(), randomBytes(32).toString('base64'), { mode });
    const refused = readMasterKey({ folder });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(refused).rejects.toThrow('chmod 600');
    rmSync(path());
  }
});

test('a damaged file is refused and left as it is', async () => {
  for (const text of ['', 'too short', randomBytes(31).toString('base64'), `${randomBytes(32).toString('base64')}x`]) {
    writeFileSync(path(), text, { mode: 0o600 });
    await expect(readMasterKey({ folder })).rejects.toMatchObject({ code: 'invalid_config' });
    expect(readFileSync(path(), 'utf8')).toBe(text);
  }
});

test('keys that are not random are refused, and their text is not told', async () => {
  const weak = [
    Buffer.alloc(32),
    Buffer.alloc(32, 0xff),
    Buffer.from('01'.repeat(16)),
    Buffer.from([...Array(32).keys()]),
    Buffer.from([...Array(32).keys()].map((at) => 255 - at)),
    Buffer.from('password'.repeat(4)),
  ];
  for (const bytes of weak) {
    const configured = bytes.toString('base64');
    const refused = await readMasterKey({ configured, folder }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'invalid_config' });
    expect(String(refused)).not.toContain(configured);
  }
});
