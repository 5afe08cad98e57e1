import { Failure } from '../engines/progress.mjs';
import { shellExports } from '../engines/report.mjs';
import { down, up, variables } from './index.mjs';

const USAGE = `Usage: node scripts/real-servers.mjs <command>
  up     install what is missing, start Podman's Docker API, PowerDNS and Alertmanager
  down   end them and delete their data
  env    print their addresses for a shell
`;

const commands = { up, down, env: () => process.stdout.write(`${shellExports(variables())}\n`) };

/** Runs the command line and returns the exit code. */
export async function main([command = '']) {
  try {
    if (!Object.hasOwn(commands, command)) throw new Failure(USAGE.trimEnd());
    await commands[command]();
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
