import { parseArgs } from 'node:util';
import { faultNames, type FaultName } from './plan.ts';

/** What a chaos run is asked to do. */
export interface ChaosOptions {
  readonly mode: 'chaos' | 'fairness' | 'drain' | 'outage' | 'plants';
  readonly engines: 'embedded' | 'servers';
  readonly events: number;
  readonly kills: number;
  readonly faults: readonly FaultName[];
  readonly workers: number;
  /** Per cent of the events that no rule can work on. */
  readonly poison: number;
  readonly seed: number;
  /** Seconds within which all effects must be visible after the last fault. */
  readonly within: number;
  /** Seconds after which the run no longer waits for what is missing. */
  readonly patience: number;
  /** The planted bug to run with. */
  readonly plant: string | undefined;
  /** The plants to run of all. */
  readonly only: readonly string[] | undefined;
  readonly json: boolean;
  /** Keeps the logs and the data of the run. */
  readonly keep: boolean;
}

export const usage = `Usage: npm run chaos -- [options]
Sends signed webhooks to a mesh of its own while it kills and breaks parts of it, then counts in the database.
Fails when an acknowledged webhook had no effect, had two, or had it too late.

  --events N         webhooks to send (default 1000)
  --kills K          times that a worker is killed with SIGKILL and started again (default 5)
  --faults LIST      of ${faultNames.join(', ')}; comma-separated (default none)
                       redis: kill -9 and start       aof-cut: kill -9, cut the tail of the append-only file, start
                       flush: FLUSHALL                postgres: immediate stop and start
                       ingest: kill -9 of the process that takes webhooks in, and start
  --engines SET      servers: a PostgreSQL and a Redis of its own, one ingest, several workers (default)
                     embedded: one process with everything; a kill is a kill of that process
  --workers W        worker processes on servers (default 3)
  --poison P         per cent of the webhooks that can never be processed (default 0)
  --within S         seconds for all effects to be visible after the last fault (default 30)
  --patience S       seconds to wait for what is missing before it counts as lost (default 90)
  --seed S           repeats the choices of an earlier run (default: by chance, printed)
  --plant NAME       runs on a copy of the tree with that bug planted; the run has to fail
  --plants           runs every plant in a small size; green when each makes its run fail
  --only LIST        with --plants: only these, comma-separated
  --fairness         instead: an organization's 100 events while another has --events (default 20000) queued
  --drain            instead: SIGTERM to workers, ingest and the whole mesh at 300 events/s
  --outage           instead: PostgreSQL and Redis killed and hanging, and what senders are told
  --json             prints the figures as one JSON object on the last line
  --keep             keeps logs and data, and says where
`;

/** A wrong use of the command; the message says what is wrong. */
export class UsageError extends Error {}

const words = {
  events: { type: 'string' },
  kills: { type: 'string' },
  faults: { type: 'string', default: '' },
  engines: { type: 'string', default: 'servers' },
  workers: { type: 'string' },
  poison: { type: 'string' },
  within: { type: 'string' },
  patience: { type: 'string' },
  seed: { type: 'string' },
  plant: { type: 'string' },
  plants: { type: 'boolean', default: false },
  only: { type: 'string' },
  fairness: { type: 'boolean', default: false },
  drain: { type: 'boolean', default: false },
  outage: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

const modes = ['plants', 'fairness', 'drain', 'outage'] as const;

const defaultEvents = { chaos: 1_000, plants: 1_000, fairness: 20_000, drain: 4_500, outage: 0 } as const;

/** Reads the command line; undefined when help is asked for. Throws `UsageError`. */
export function readOptions(given: readonly string[]): ChaosOptions | undefined {
  const values = parse(given);
  if (values.help) return undefined;
  const mode = modeOf(values);
  const engines = values.engines;
  if (engines !== 'embedded' && engines !== 'servers') throw new UsageError('--engines is servers or embedded.');
  const faults = readFaults(values.faults);
  if (engines === 'embedded' && faults.length > 0) {
    throw new UsageError(
      `--faults ${faults.join(',')} needs --engines servers: embedded, there is one process, and a kill is all that can happen to it.`,
    );
  }
  return {
    mode,
    engines,
    faults,
    events: integer('events', values.events, defaultEvents[mode]),
    kills: integer('kills', values.kills, 5),
    workers: integer('workers', values.workers, 3),
    poison: integer('poison', values.poison, 0),
    within: integer('within', values.within, 30),
    patience: integer('patience', values.patience, 90),
    seed: integer('seed', values.seed, Math.floor(Math.random() * 1_000_000)),
    plant: values.plant,
    only: values.only?.split(','),
    json: values.json,
    keep: values.keep,
  };
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({ args: [...given], options: words, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function modeOf(values: Readonly<Record<(typeof modes)[number], boolean>>): ChaosOptions['mode'] {
  const chosen = modes.filter((name) => values[name]);
  if (chosen.length > 1) throw new UsageError(`--${chosen.join(' and --')} are different runs: choose one.`);
  return chosen[0] ?? 'chaos';
}

function readFaults(text: string): readonly FaultName[] {
  const given = text.split(',').filter((name) => name !== '');
  const unknown = given.filter((name) => !faultNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new UsageError(`There is no fault ${unknown.join(', ')}; there are ${faultNames.join(', ')}.`);
  return faultNames.filter((name) => given.includes(name));
}

function integer(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${name} is a whole number, not "${text}".`);
  return value;
}
