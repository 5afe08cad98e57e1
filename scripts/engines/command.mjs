import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Failure } from './progress.mjs';

/** Whether this process may install packages and become other users. */
export const isRoot = () => process.getuid() === 0;

/**
 * Runs a program with its output appended to `log`, as `user` when we are root; when it fails,
 * the failure says what could not be done (`purpose`) and where the log is.
 */
export async function execute(purpose, command, { log, user, ...options }) {
  const output = openSync(log, 'a');
  try {
    const code = await finish(launch(asUser(user, command), ['ignore', output, output], options));
    if (code !== 0) {
      throw new Failure(`Could not ${purpose}: ${command[0]} ended with ${code}; see ${log}.`);
    }
  } finally {
    closeSync(output);
  }
}

/** Runs a program and returns its exit code and what it printed; `input` is written to it. */
export async function capture(command, { input = '', ...options } = {}) {
  const child = launch(command, ['pipe', 'pipe', 'pipe'], options);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}); // a program that does not read its input is no failure
  child.stdin.end(input);
  return { code: await finish(child), stdout: stdout.trim(), stderr: stderr.trim() };
}

/** The same command as another user; only root can change users, others run it as themselves. */
function asUser(user, command) {
  return user && isRoot() ? ['runuser', '-u', user, '--', ...command] : command;
}

function launch([program, ...parameters], stdio, { cwd = '/', environment = {} }) {
  return spawn(program, parameters, { cwd, stdio, env: { ...plainEnvironment(), ...environment } });
}

/** Ours without PGHOST and the like, which would redirect PostgreSQL's programs, and in English. */
function plainEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C.UTF-8' };
}

function finish(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.code)); // for one, ENOENT: no such program
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}
