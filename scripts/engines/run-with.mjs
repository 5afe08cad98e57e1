import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Runs a command with `variables` in its environment and our own terminal; returns its exit code. */
export function runWith(variables, [program, ...parameters]) {
  const env = { ...process.env, ...variables };
  const child = spawn(program, parameters, { stdio: 'inherit', env });
  const pass = (name) => child.kill(name);
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, pass);
  process.on('SIGINT', () => {}); // the terminal sends it to the command too, which decides
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`Could not run ${program}: ${error.message}.\n`);
      resolve(127);
    });
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
