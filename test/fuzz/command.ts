import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { meshEnvironment, startProgram } from '../mesh/process.ts';
import { fuzz, type FuzzSize } from './run.ts';
import { failuresOf } from './verdict.ts';

const collecting = `--expose-gc --import=${new URL('collect-garbage.mjs', import.meta.url).href}`;

const usage = `Usage: npm run fuzz -- [options]
Sends malformed messages and breaks connections to a mesh of its own, and measures what a client beside it feels.

  --messages N       malformed messages, half over /mcp, half over /ws (default 100000)
  --connections N    broken connections (default 5000)
  --seed S           repeats the messages of an earlier run (default: by chance, printed)
The last line of what it prints is its figures as one JSON object.
`;

/** Runs the command line and returns the exit code: 0 only where everything that is promised held. */
export async function runCommand(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      messages: { type: 'string', default: '100000' },
      connections: { type: 'string', default: '5000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  const size = {
    messages: Number(values.messages),
    connections: Number(values.connections),
    seed: Number(values.seed),
  };
  if (!values.help && Object.values(size).every((number) => Number.isSafeInteger(number) && number >= 0)) {
    return attackOwnMesh(size);
  }
  process.stdout.write(usage);
  return values.help ? 0 : 2;
}

async function attackOwnMesh(size: FuzzSize): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-fuzz-'));
  const early = new AbortController();
  const endEarly = (): void => {
    early.abort();
  };
  process.once('SIGINT', endEarly);
  process.once('SIGTERM', endEarly);
  // The limits of requests are not what is looked at, and would shield the rest from it.
  const limits = { REQUESTS_PER_MINUTE: '1000000', ORGANIZATION_REQUESTS_PER_MINUTE: '1000000' };
  const environment = { ...meshEnvironment(folder), ...limits, NODE_OPTIONS: collecting };
  const program = startProgram('devmesh', { words: ['up'], environment });
  try {
    const [, apiUrl = ''] = await program.printed(/Console +(http\S+)/u);
    const [, edgeUrl = ''] = await program.printed(/(http\S+)\/mcp\b/u);
    process.stderr.write(`seed ${String(size.seed)}\n`);
    const figures = await fuzz({ apiUrl, edgeUrl, pid: program.child.pid }, size, early.signal);
    const ended = program.child.exitCode !== null;
    const failures = [...failuresOf(figures, ended), ...unexpectedIn(program.output())];
    for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name.padEnd(32)}${String(figure)}\n`);
    for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
    if (failures.length > 0) process.stderr.write(program.output().slice(-20_000));
    process.stdout.write(`${JSON.stringify({ fuzz: 'gateway', passed: failures.length === 0, failures, figures })}\n`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    process.off('SIGINT', endEarly);
    process.off('SIGTERM', endEarly);
    program.child.kill('SIGTERM');
    await program.ended;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Failures that nobody thought of: each is a fault of ours. */
function unexpectedIn(output: string): readonly string[] {
  const lines = output.split('\n').filter((line) => line.includes('an MCP request'));
  return lines.length === 0 ? [] : [`${String(lines.length)} requests failed unexpectedly`];
}
