import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../engines/command.mjs';
import { Failure } from '../engines/progress.mjs';

const SQLITE_SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';

/** The servers: what Debian calls them, how each starts in a folder of its own, and where it tells that it is up. */
export const servers = {
  alertmanager: {
    packages: ['prometheus-alertmanager'],
    program: 'prometheus-alertmanager',
    health: '/-/ready',
    prepare: ({ folder }) =>
      writeFileSync(join(folder, 'config.yml'), 'route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n'),
    parameters: ({ folder, ports }) => [
      `--config.file=${join(folder, 'config.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      '--cluster.listen-address=',
    ],
  },
  powerdns: {
    packages: ['pdns-server', 'pdns-backend-sqlite3', 'sqlite3'],
    program: 'pdns_server',
    // Without the key it refuses, and so answers.
    health: '/api',
    prepare: preparePowerdns,
    parameters: ({ folder }) => [`--config-dir=${folder}`, '--daemon=no', '--guardian=no'],
  },
  podman: {
    packages: ['podman'],
    program: 'podman',
    health: '/_ping',
    prepare: preparePodman,
    environment: ({ folder }) => ({
      CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
      // Nobody listens there: what it is told to pull stays unpulled.
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
    }),
    parameters: ({ folder, ports }) => {
      const options = { root: 'store', runroot: 'run', tmpdir: 'tmp', 'network-config-dir': 'networks' };
      const folders = Object.entries(options).map(([name, part]) => `--${name}=${join(folder, part)}`);
      return ['--storage-driver=vfs', ...folders, 'system', 'service', '--time=0', `tcp:127.0.0.1:${ports.podman}`];
    },
  },
};

/** The key of PowerDNS's API, made anew with its data. */
export function powerdnsKey(folder) {
  const file = join(folder, 'key');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Images come from those who call, never from a registry. */
function preparePodman({ folder }) {
  const lines = ['unqualified-search-registries = []', '[[registry]]', 'location = "docker.io"', 'blocked = true'];
  writeFileSync(join(folder, 'registries.conf'), `${lines.join('\n')}\n`);
}

async function preparePowerdns({ folder, ports }) {
  const database = join(folder, 'zones.sqlite');
  const { code, stderr } = await capture(['sqlite3', database], { input: readFileSync(SQLITE_SCHEMA, 'utf8') });
  if (code !== 0) throw new Failure(`Could not make the database of PowerDNS: ${stderr}`);
  const key = randomBytes(24).toString('hex');
  writeFileSync(join(folder, 'key'), key, { mode: 0o600 });
  const settings = {
    launch: 'gsqlite3',
    'module-dir': powerdnsModules(),
    'gsqlite3-database': database,
    'gsqlite3-dnssec': 'yes',
    api: 'yes',
    'api-key': key,
    webserver: 'yes',
    'webserver-address': '127.0.0.1',
    'webserver-port': ports.powerdns,
    'local-address': '127.0.0.1',
    'local-port': ports.dns,
    'socket-dir': folder,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, 'pdns.conf'), lines.join(''), { mode: 0o600 });
}

/** Debian keeps the modules in a folder that is named after the processor. */
function powerdnsModules() {
  const folders = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'pdns'));
  return folders.find((folder) => existsSync(folder)) ?? '/usr/lib/pdns';
}
