import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../engines/command.mjs';
import { installPackages, missingPackages } from '../engines/install/packages.mjs';
import { eventually, killAll, processesIn } from '../engines/processes.mjs';
import { Failure, step } from '../engines/progress.mjs';
import { powerdnsKey, servers } from './servers.mjs';
import { readSettings } from './settings.mjs';

const names = Object.keys(servers);

/** Installs what is missing and starts what does not run. */
export async function up() {
  const settings = readSettings();
  await step('Debian packages', install);
  claim(settings.home);
  for (const name of names) await step(name, () => start(name, settings));
}

/** Ends the servers and deletes their data. */
export async function down() {
  const settings = readSettings();
  for (const name of names) await step(name, () => stop(name, settings));
  for (const name of names) rmSync(join(settings.home, name), { recursive: true, force: true });
  // What else lies there is not ours.
  if (existsSync(settings.home) && readdirSync(settings.home).length === 0) rmdirSync(settings.home);
}

/** The variables that lead the suite to these servers. */
export function variables() {
  const { home, ports } = readSettings();
  return {
    REAL_ALERTMANAGER_URL: `http://127.0.0.1:${ports.alertmanager}`,
    REAL_POWERDNS_URL: `http://127.0.0.1:${ports.powerdns}`,
    REAL_POWERDNS_KEY: powerdnsKey(join(home, 'powerdns')),
    REAL_PODMAN_URL: `http://127.0.0.1:${ports.podman}`,
  };
}

async function install() {
  const missing = await missingPackages(names.flatMap((name) => servers[name].packages));
  if (missing.length === 0) return 'already installed';
  if (!isRoot()) throw new Failure(`This machine lacks ${missing.join(', ')}; run this once as root.`);
  const folder = mkdtempSync(join(tmpdir(), 'devmesh-install-'));
  await installPackages(missing, folder);
  rmSync(folder, { recursive: true });
  return `installed ${missing.join(', ')}`;
}

async function start(name, { home, ports }) {
  const { program, prepare, parameters, environment = () => ({}), health } = servers[name];
  const folder = join(home, name);
  const address = `http://127.0.0.1:${ports[name]}`;
  if (running(name, home).length > 0) return `runs already at ${address}`;
  if (await answers(address)) throw new Failure(`Port ${ports[name]} is taken; choose DEVMESH_REAL_SERVERS_PORT.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  await prepare({ folder, ports });
  const log = join(folder, 'log');
  const output = openSync(log, 'a');
  const env = { ...process.env, ...environment({ folder }) };
  const options = { cwd: folder, detached: true, stdio: ['ignore', output, output], env };
  const child = spawn(program, parameters({ folder, ports }), options);
  const failed = new Promise((resolve) => child.on('error', resolve));
  child.unref();
  closeSync(output);
  const answered = await Promise.race([eventually(() => answers(address + health), 20_000), failed]);
  if (answered !== true) throw new Failure(`${program} does not answer at ${address}; see ${log}.`);
  return address;
}

async function stop(name, { home }) {
  const note = running(name, home).length > 0 ? 'ended' : 'not running';
  await killAll(() => running(name, home));
  return note;
}

/** The kernel keeps 15 characters of a program's name. */
function running(name, home) {
  return processesIn(join(home, name), servers[name].program.slice(0, 15));
}

async function answers(url) {
  try {
    const { status } = await fetch(url);
    return status < 500;
  } catch {
    return false; // nobody listens yet
  }
}

/** A folder of another user could hand us prepared data. */
function claim(home) {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const found = lstatSync(home);
  if (found.isDirectory() && found.uid === process.getuid()) return;
  throw new Failure(`${home} belongs to another user; choose another folder with DEVMESH_REAL_SERVERS_DIR.`);
}
