import { runCanary } from './canary.ts';

// In a process of its own, so that what the attack costs its own process is not taken for waiting. Ends with its input.
const [, , url = '', key = ''] = process.argv;
const ended = new AbortController();
process.stdin.resume().once('end', () => {
  ended.abort();
});
const felt = await runCanary({ url, key, signal: ended.signal, onReady: () => process.stdout.write('ready\n') });
process.stdout.write(JSON.stringify(felt));
