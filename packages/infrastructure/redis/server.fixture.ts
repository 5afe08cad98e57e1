import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@devmesh/testkit';
import { Redis } from 'ioredis';

/** Why tests that start servers of their own are skipped here, or undefined where they run. */
export const noRedisServer: string | undefined =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'skipped without the redis-server program';

/** A Redis process of a test, on a port and in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops it from doing anything, with its connections open, or lets it go on. */
  freeze(frozen: boolean): void;
}

/** Everything that one test file starts; `stop` ends it all. */
export interface RedisServers {
  readonly folder: string;
  /** The word PORT among the settings stands for the port. */
  start(settings?: readonly string[], port?: number): Promise<RedisServer>;
  startSentinel(master: string, masterPort: number, settings?: readonly string[]): Promise<RedisServer>;
  /** Three masters, each with a third of the slots; `replicas` gives each one more. */
  startCluster(options?: { readonly replicas: boolean; readonly settings?: readonly string[] }): Promise<Cluster>;
  running(): readonly RedisServer[];
  stop(): Promise<void>;
}

interface Cluster {
  readonly url: string;
  readonly servers: readonly RedisServer[];
}

/** Starts nothing yet. */
export function redisServers(): RedisServers {
  const folder = mkdtempSync(join(tmpdir(), 'devmesh-redis-'));
  const running = new Set<RedisServer>();
  const keep = (server: RedisServer): RedisServer => {
    running.add(server);
    return server;
  };
  const start: RedisServers['start'] = async (settings = [], port) =>
    keep(await startServer(folder, settings, port ?? (await freePort())));
  return {
    folder,
    start,
    startSentinel: async (master, masterPort, settings = []) => {
      const port = await freePort();
      const file = join(folder, `sentinel-${String(port)}.conf`);
      const lines = [
        `port ${String(port)}`,
        `sentinel monitor ${master} 127.0.0.1 ${String(masterPort)} 2`,
        `sentinel down-after-milliseconds ${master} 300`,
        `sentinel failover-timeout ${master} 1000`,
        ...settings.map((line) => line.replaceAll('MASTER', master)),
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      return keep(await launch([file, '--sentinel'], port));
    },
    startCluster: async ({ replicas, settings = [] } = { replicas: false }) => {
      const each = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500', ...settings];
      const masters = await Promise.all([0, 1, 2].map(() => start(each)));
      await joinCluster(masters);
      const more = replicas ? await Promise.all(masters.map(() => start(each))) : [];
      await addReplicas(masters, more);
      const hosts = masters.map(({ port }) => `127.0.0.1:${String(port)}`).join(',');
      return { url: `redis+cluster://${hosts}`, servers: [...masters, ...more] };
    },
    running: () => [...running],
    stop: async () => {
      await Promise.all([...running].map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate authority and a certificate for 127.0.0.1 and localhost, as files. */
export function makeCertificates(folder: string): { ca: string; cert: string; key: string } {
  const file = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: 'ignore' });
  };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const [ca, cert, key] = [file('ca.pem'), file('cert.pem'), file('key.pem')];
  openssl('req', '-x509', ...curve, '-subj', '/CN=test-authority', '-days', '2', '-keyout', file('ca.key'), '-out', ca);
  openssl('req', ...curve, '-subj', '/CN=test-redis', '-keyout', key, '-out', file('request.pem'));
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const request = ['-in', file('request.pem'), '-CA', ca, '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', ...request, '-extfile', file('names'), '-out', cert);
  return { ca, cert, key };
}

async function startServer(folder: string, settings: readonly string[], port: number): Promise<RedisServer> {
  const own = ['--port', String(port), '--dir', folder, '--dbfilename', `${String(port)}.rdb`, '--save', ''];
  const cluster = ['--cluster-config-file', join(folder, `nodes-${String(port)}.conf`)];
  const quick = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5'];
  const words = [...own, ...cluster, ...quick, '--bind', '127.0.0.1', ...settings];
  return launch(
    words.map((word) => (word === 'PORT' ? String(port) : word)),
    port,
  );
}

async function launch(words: readonly string[], port: number): Promise<RedisServer> {
  const child = spawn('redis-server', [...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  await untilListening(child, () => output);
  return {
    port,
    kill: () => {
      child.kill('SIGKILL');
      return gone;
    },
    freeze: (frozen) => {
      child.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
    },
  };
}

function untilListening(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error(`redis-server ended: ${output().slice(-1_000)}`));
    });
    child.stdout?.on('data', () => {
      if (/Ready to accept connections|Sentinel ID is/u.test(output())) resolve();
    });
  });
}

async function joinCluster(masters: readonly RedisServer[]): Promise<void> {
  await withClients(masters, async (clients) => {
    const [first] = clients;
    await Promise.all(
      clients.map(async (client, at) => {
        const start = Math.round((16_384 / clients.length) * at);
        const last = Math.round((16_384 / clients.length) * (at + 1)) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', start, last);
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
      }),
    );
    for (const { port } of masters.slice(1)) await first?.call('CLUSTER', 'MEET', '127.0.0.1', port);
    await until(async () => {
      const states = await Promise.all(clients.map((client) => client.call('CLUSTER', 'INFO')));
      return states.every((state) => /cluster_state:ok[^]*cluster_known_nodes:3/u.test(String(state)));
    });
  });
}

async function addReplicas(masters: readonly RedisServer[], replicas: readonly RedisServer[]): Promise<void> {
  await withClients([...masters, ...replicas], async (clients) => {
    const leaders = clients.slice(0, masters.length);
    for (const { port } of replicas) await leaders[0]?.call('CLUSTER', 'MEET', '127.0.0.1', port);
    for (const [at, replica] of clients.slice(masters.length).entries()) {
      const id = String(await leaders[at]?.call('CLUSTER', 'MYID'));
      await until(async () => String(await replica.call('CLUSTER', 'NODES')).includes(id));
      await replica.call('CLUSTER', 'REPLICATE', id);
      await until(async () => (await replica.info('replication')).includes('master_link_status:up'));
    }
  });
}

async function withClients(
  servers: readonly RedisServer[],
  work: (clients: readonly Redis[]) => Promise<void>,
): Promise<void> {
  const clients = servers.map(({ port }) => new Redis({ host: '127.0.0.1', port }));
  try {
    await work(clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

/** Waits until something holds; throws after two minutes: sentinels of a busy machine distrust their clock for half of one. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('It did not come to hold within 120 s.');
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}
