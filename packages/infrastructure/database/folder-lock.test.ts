import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devmesh-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The path of the one lock file that there is. */
const lockFile = async (): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => name.startsWith('devmesh.lock.'));
  expect(names).toHaveLength(1);
  return join(folder, names[0]!);
};

test('a locked folder is refused in one sentence with the process that uses it, and free again once released', async () => {
  const lock = await lockFolder(folder);
  const second = lockFolder(folder);
  await expect(second).rejects.toMatchObject({ code: 'folder_in_use' });
  await expect(second).rejects.toThrow(new RegExp(`^Process ${String(process.pid)} already uses .*\\.$`, 'u'));
  await lock.release();
  await (await lockFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('of many who ask at once, one gets the folder', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('of many who find the lock of a dead process, one gets the folder', async () => {
  for (const name of ['devmesh.lock.0', 'devmesh.lock.1']) {
    await writeFile(join(folder, name), JSON.stringify({ pid: 1, boot: 'an earlier boot', started: '1' }));
  }
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test.each([
  ['of an earlier boot of the machine', { pid: process.pid, boot: 'another' }],
  ['of a process whose id was given to another since', { pid: process.pid, started: '1' }],
  ['of a process that does not exist', { pid: 2 ** 22 + 1 }],
])('the lock %s is taken over', async (_name, change) => {
  const own = await lockFolder(folder);
  const file = await lockFile();
  const present = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...present, ...change }));
  const lock = await lockFolder(folder);
  await own.release();
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'folder_in_use' });
  await lock.release();
});

test('the lock of a process that was killed is taken over, that of a living one is not', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const own = await lockFolder(folder);
  const file = await lockFile();
  const stat = await readFile(`/proc/${String(child.pid)}/stat`, 'utf8');
  const present = JSON.parse(await readFile(file, 'utf8')) as object;
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  await writeFile(file, JSON.stringify({ ...present, pid: child.pid, started }));
  await expect(lockFolder(folder)).rejects.toThrow(String(child.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await lockFolder(folder);
  await lock.release();
  await own.release();
});
