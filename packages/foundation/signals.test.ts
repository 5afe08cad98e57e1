import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const serviceModule = JSON.stringify(new URL('./service.ts', import.meta.url).href);

/** A program that prints when it is ready and when it was told to stop; stopping takes `stopMilliseconds`. */
const program = (stopMilliseconds: number, withinMilliseconds: number): string => `
  import { untilSignal } from ${serviceModule};
  const alive = setInterval(() => undefined, 1000);
  const told = untilSignal(() => {
    process.stdout.write('stopping;');
    return new Promise((resolve) => setTimeout(resolve, ${String(stopMilliseconds)}));
  }, { withinMilliseconds: ${String(withinMilliseconds)} });
  process.stdout.write('ready;');
  await told;
  clearInterval(alive);
  process.stdout.write('stopped;');
`;

const run = async (stopMilliseconds: number, signals: readonly NodeJS.Signals[], withinMilliseconds = 10_000) => {
  const words = ['--import', 'tsx', '--input-type=module', '--eval', program(stopMilliseconds, withinMilliseconds)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const waitFor = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (output.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      look();
    });
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  await waitFor('ready;');
  for (const signal of signals) {
    child.kill(signal);
    await waitFor('stopping;');
  }
  return { code: await ended, output };
};

describe('a program that waits for a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly on %s', async (signal) => {
    expect(await run(10, [signal])).toEqual({ code: 0, output: 'ready;stopping;stopped;' });
  });

  it('ends with a failure when its stop takes longer than it may', async () => {
    expect(await run(60_000, ['SIGTERM'], 50)).toEqual({ code: 1, output: 'ready;stopping;' });
  });

  it('is forced to end by a second signal', async () => {
    expect(await run(60_000, ['SIGTERM', 'SIGINT'])).toEqual({ code: 130, output: 'ready;stopping;' });
  });
});
