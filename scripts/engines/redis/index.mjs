import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, execute } from '../command.mjs';
import { prepareFolder } from '../engine-folder.mjs';
import { requireFreePort } from '../port.mjs';
import { eventually, killAll, processesIn, signal, toAll } from '../processes.mjs';
import { Failure } from '../progress.mjs';
import { configuredPort } from '../settings.mjs';
import { redisConfiguration } from './configuration.mjs';

const SYSTEM_USER = 'redis';
const PATIENCE = 60_000; // reading a large append-only file takes its time

/** The Redis engine: start, stop, kill and describe a server of our own. */
export function redis({ port, folder }) {
  const data = join(folder, 'data');
  const configuration = join(folder, 'redis.conf');
  const log = join(folder, 'server.log');
  const processes = () => processesIn(data, 'redis-server');
  const ask = (...command) => capture(['redis-cli', '-h', '127.0.0.1', '-p', `${port}`, ...command]);
  const answers = async () => (await ask('ping')).stdout === 'PONG';

  async function untilItAnswers(note) {
    if (await eventually(answers, PATIENCE)) return note;
    throw new Failure(`Redis runs but does not answer on port ${port}; see ${log}.`);
  }

  function joinRunning() {
    const running = configuredPort(configuration);
    if (running === port) return untilItAnswers('already running');
    throw new Failure(`Redis of ${folder} runs on port ${running}; run "down" first.`);
  }

  async function kill() {
    const note = processes().length > 0 ? 'killed' : 'not running';
    await killAll(processes);
    return note;
  }

  return {
    title: `Redis on 127.0.0.1:${port}`,

    async start() {
      if (processes().length > 0) return joinRunning();
      await requireFreePort(port, 'Redis', 'DEVMESH_ENGINES_REDIS_PORT');
      await prepareFolder(folder, log, SYSTEM_USER);
      await prepareFolder(data, log, SYSTEM_USER);
      writeFileSync(configuration, redisConfiguration({ port, data, log }), { mode: 0o644 });
      await execute('start Redis', ['redis-server', configuration], { log, user: SYSTEM_USER });
      return untilItAnswers('started');
    },

    async stop() {
      if (processes().length === 0) return 'not running';
      for (const id of processes()) signal(id, 'SIGTERM');
      if (await eventually(() => processes().length === 0, PATIENCE)) return 'stopped';
      throw new Failure(`Could not stop Redis within ${PATIENCE / 1000} s; see ${log}.`);
    },

    kill,
    abort: kill, // it has no stop of its own that skips the writing
    freeze: () => toAll(processes, 'SIGSTOP', 'frozen'),
    thaw: () => toAll(processes, 'SIGCONT', 'thawed'),

    remove() {
      rmSync(folder, { recursive: true, force: true });
      return 'data deleted';
    },

    async describe() {
      const { stdout } = await ask('info', 'server');
      const version = /^redis_version:(\S+)/m.exec(stdout)?.[1];
      return { answers: version !== undefined, port, version: version ?? null, log };
    },
  };
}
