import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledMain } from './bundle.fixture.ts';

const rounds = 3;

/** Milliseconds from the command to the banner: on an empty data folder, and on one that was used before; best of three. */
export async function run(): Promise<Record<string, number>> {
  const main = bundledMain();
  const first: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'devmesh-start-'));
    first.push(await timeStart(main, folder));
    again.push(await timeStart(main, folder));
    await rm(folder, { recursive: true });
  }
  return { firstStartMilliseconds: Math.min(...first), laterStartMilliseconds: Math.min(...again) };
}

function timeStart(main: string, folder: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main, 'up'], {
    env: { ...process.env, DATA_DIR: folder, EDGE_PORT: '0', API_PORT: '0', MOCK_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let seen: number | undefined;
    child.stdout.on('data', (data: Buffer) => {
      if (seen !== undefined || !data.toString('utf8').includes('is up')) return;
      seen = Math.round(performance.now() - startedAt);
      child.kill('SIGTERM');
    });
    child.once('close', (code) => {
      if (seen === undefined) reject(new Error(`devmesh up ended with ${String(code)} before it was up`));
      else resolve(seen);
    });
  });
}
