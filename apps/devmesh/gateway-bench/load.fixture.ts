import { readFileSync } from 'node:fs';
import type { BenchClient } from './clients.fixture.ts';

/** What one load came to. Times are in milliseconds. */
export interface LoadFigures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  /** Processor time of the gateway for a call. */
  readonly cpuPerCall: number;
}

const settlingMilliseconds = 8_000;
const warmUpMilliseconds = 500;
const measuredMilliseconds = 4_000;

/** Calls until a process that was just started has compiled what calls need, so that the order of measuring does not matter. */
export async function settle(client: BenchClient, lanes: number): Promise<void> {
  await callFor(client, lanes, settlingMilliseconds);
}

/** Calls as fast as the answers come, on so many lanes at once. */
export async function load(client: BenchClient, lanes: number, pid: number): Promise<LoadFigures> {
  await callFor(client, lanes, warmUpMilliseconds);
  const cpuBefore = cpuOf(pid);
  const startedAt = performance.now();
  const times = (await callFor(client, lanes, measuredMilliseconds)).toSorted((one, other) => one - other);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    perSecond: times.length / seconds,
    p50: times[Math.floor(times.length * 0.5)] ?? 0,
    p95: times[Math.floor(times.length * 0.95)] ?? 0,
    cpuPerCall: (cpuOf(pid) - cpuBefore) / times.length,
  };
}

async function callFor(client: BenchClient, lanes: number, milliseconds: number): Promise<readonly number[]> {
  const until = performance.now() + milliseconds;
  const times: number[] = [];
  const work = async (lane: number): Promise<void> => {
    for (let now = performance.now(); now < until;) {
      await client.call(lane);
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_none, lane) => work(lane)));
  return times;
}

/** Processor time of a process so far, in milliseconds, from the kernel's account in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
