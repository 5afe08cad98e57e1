import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readGeneratedKey } from './generated-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devmesh-key-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const path = (): string => join(folder, 'master.key');

test('the first start makes a key that only its owner can read, and every later start reads the same', async () => {
  const key = await readGeneratedKey({ folder });
  expect(Buffer.from(key.open(), 'base64')).toHaveLength(32);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect((await readGeneratedKey({ folder })).open()).toBe(key.open());
  expect(readdirSync(folder)).toEqual(['master.key']);
});

test('starts at the same moment agree on one key', async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, () => readGeneratedKey({ folder: join(folder, 'data') })));
  expect(new Set(keys.map((key) => key.open())).size).toBe(1);
  expect(readdirSync(join(folder, 'data'))).toEqual(['master.key']);
});

test('a folder that cannot be made or written is refused in one sentence', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const place of [join(file, 'data'), file, join('/sys', 'data')]) {
    await expect(readGeneratedKey({ folder: place })).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining(place) as string,
    });
  }
});

test('no key is made where that is refused, but one that is there is used', async () => {
  const refuseToMake = 'set a key';
  await expect(readGeneratedKey({ folder, refuseToMake })).rejects.toThrow(refuseToMake);
  expect(existsSync(path())).toBe(false);
  const key = await readGeneratedKey({ folder });
  expect((await readGeneratedKey({ folder, refuseToMake })).open()).toBe(key.open());
});

test('a file that others can read is refused with what to do', async () => {
  for (const mode of [0o640, 0o604, 0o660]) {
    writeFileSync(path(), randomBytes(32).toString('base64'));
    rmSync(path());
    writeFileSync(path(), randomBytes(32).toString('base64'), { mode });
    const refused = readGeneratedKey({ folder });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(refused).rejects.toThrow('chmod 600');
    rmSync(path());
  }
});

test('a damaged file is refused and left as it is', async () => {
  for (const text of ['', 'too short', randomBytes(31).toString('base64'), `${randomBytes(32).toString('base64')}x`]) {
    writeFileSync(path(), text, { mode: 0o600 });
    await expect(readGeneratedKey({ folder })).rejects.toMatchObject({ code: 'invalid_config' });
    expect(readFileSync(path(), 'utf8')).toBe(text);
  }
});
