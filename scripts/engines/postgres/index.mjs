import { existsSync, readFileSync, rmSync } from 'node:fs';
import { prepareFolder } from '../engine-folder.mjs';
import { requireFreePort } from '../port.mjs';
import { eventually, killAll, processesIn, signal, toAll } from '../processes.mjs';
import { Failure } from '../progress.mjs';
import { configuredPort } from '../settings.mjs';
import { PATIENCE, runControl } from './control.mjs';
import { prepareDatabases } from './databases.mjs';
import { createDataFolder, postgresFiles, writeConfiguration } from './data-folder.mjs';
import { answers, describe } from './query.mjs';

const SYSTEM_USER = 'postgres'; // the server refuses to run as root

/** The PostgreSQL engine: start, stop, kill and describe a server of our own. */
export function postgres({ port, folder }) {
  const { data, configuration, lockFile, log } = postgresFiles(folder);
  const control = (...action) => runControl({ data, log, user: SYSTEM_USER }, action);
  const processes = () => processesIn(data, 'postgres');

  /** The server's first process, if it runs. */
  function postmaster() {
    const id = existsSync(lockFile) && Number(readFileSync(lockFile, 'utf8').split('\n')[0]);
    return processes().find((running) => running === id);
  }

  async function join() {
    const running = configuredPort(configuration);
    if (running !== port) {
      throw new Failure(`PostgreSQL of ${folder} runs on port ${running}; run "down" first.`);
    }
    if (await eventually(() => answers(port), PATIENCE)) return 'already running';
    throw new Failure(`PostgreSQL runs but does not answer on port ${port}; see ${log}.`);
  }

  async function launch() {
    await killAll(processes); // orphans of a server that someone else killed
    await requireFreePort(port, 'PostgreSQL', 'DEVMESH_ENGINES_POSTGRES_PORT');
    await prepareFolder(folder, log, SYSTEM_USER);
    await createDataFolder(folder, SYSTEM_USER);
    writeConfiguration(folder, port);
    rmSync(lockFile, { force: true }); // the number in it may be another program's by now
    await control('start', '--log', log);
    return 'started';
  }

  return {
    title: `PostgreSQL on 127.0.0.1:${port}`,

    async start() {
      const note = postmaster() ? await join() : await launch();
      await prepareDatabases(folder, port);
      return note;
    },

    async stop() {
      if (!postmaster()) return 'not running';
      await control('stop', '--mode', 'fast');
      return 'stopped';
    },

    async kill() {
      const first = postmaster();
      if (first) signal(first, 'SIGKILL'); // before its children: it would restart them
      await killAll(processes);
      return first ? 'killed' : 'not running';
    },

    async abort() {
      if (!postmaster()) return 'not running';
      await control('stop', '--mode', 'immediate');
      return 'aborted';
    },

    freeze: () => toAll(processes, 'SIGSTOP', 'frozen'),
    thaw: () => toAll(processes, 'SIGCONT', 'thawed'),

    remove() {
      rmSync(folder, { recursive: true, force: true });
      return 'data deleted';
    },

    describe: () => describe(port, log),
  };
}
