import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Failure } from './progress.mjs';

const PATIENCE = 15 * 60; // seconds: a first installation on a slow machine takes minutes

/** Does `work` while no other run of this script changes the same engines. */
export async function withLock(home, work) {
  const release = await hold(join(home, 'lock'));
  try {
    return await work();
  } finally {
    await release();
  }
}

/** The kernel's own file lock, held by a child that ends when we do, however we end: it is never stale. */
async function hold(file) {
  const command = ['--timeout', `${PATIENCE}`, file, 'sh', '-c', 'echo held; exec cat'];
  const holder = spawn('flock', command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  const held = await Promise.race([once(holder.stdout, 'data'), ended.then(() => undefined)]);
  if (!held) throw new Failure(`Another run of this script held ${file} for ${PATIENCE / 60} minutes.`);
  return () => {
    holder.stdin.end();
    return ended;
  };
}
