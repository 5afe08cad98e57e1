import * as engines from './index.mjs';
import { install } from './install/index.mjs';
import { Failure } from './progress.mjs';
import { report, shellExports } from './report.mjs';
import { runWith } from './run-with.mjs';

const USAGE = `Usage: node scripts/engines.mjs <command> [--json]
  up                     install what is missing, start PostgreSQL and Redis
  down                   stop both; the data stays
  reset                  delete the data and start anew
  status                 versions, ports, and whether they answer; exit code 1 when one does not
  env                    print DATABASE_URL and REDIS_URL for a shell
  run <command...>       up, then the command with those variables
  start|stop NAME        postgres or redis alone
  kill|abort NAME        a crash (SIGKILL), or the engine's own immediate stop
  freeze|thaw NAME       let it hang, and let it go on
  remove                 end both at once and delete their folder
  install                only install: the part that needs root
`;

const commands = {
  up: ({ json }) => engines.up().then(() => json && printStatus(json)),
  down: () => engines.stop(),
  reset: ({ json }) => engines.reset().then(() => json && printStatus(json)),
  status: ({ json }) => printStatus(json),
  env: ({ json }) => printVariables(json),
  start: ({ words }) => engines.start(engine(words)),
  stop: ({ words }) => engines.stop(engine(words)),
  kill: ({ words }) => engines.kill(engine(words)),
  abort: ({ words }) => engines.abort(engine(words)),
  freeze: ({ words }) => engines.freeze(engine(words)),
  thaw: ({ words }) => engines.thaw(engine(words)),
  remove: () => engines.remove(),
  install: () => install(),
};

/** Runs the command line and returns the exit code. */
export async function main(given) {
  const [command, ...rest] = withoutDashes(given);
  try {
    if (command === 'run') return await run(withoutDashes(rest));
    if (!Object.hasOwn(commands, command ?? '')) throw new Failure(USAGE.trimEnd());
    const words = rest.filter((word) => word !== '--json');
    return (await commands[command]({ words, json: rest.includes('--json') })) || 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function run(command) {
  if (command.length === 0) throw new Failure('Say what to run: node scripts/engines.mjs run <command...>');
  await engines.up();
  return runWith(engines.variables(), command);
}

/** Prints the status and returns the exit code that it deserves. */
async function printStatus(json) {
  const status = await engines.status();
  print(json ? JSON.stringify(status) : report(status));
  return status.postgres.answers && status.redis.answers ? 0 : 1;
}

function printVariables(json) {
  const variables = engines.variables();
  print(json ? JSON.stringify(variables) : shellExports(variables));
}

function engine([name]) {
  if (engines.engineNames.includes(name)) return name;
  throw new Failure(`Say which engine: ${engines.engineNames.join(' or ')}.`);
}

function withoutDashes(words) {
  return words[0] === '--' ? words.slice(1) : words;
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
