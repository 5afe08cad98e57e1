import { join } from 'node:path';
import { capture, execute } from '../command.mjs';
import { withoutServiceStart } from './service-start.mjs';

const QUIET = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];
const KEEP = ['-o', 'Dpkg::Options::=--force-confold'];

/** Those of `names` that are not installed. */
export async function missingPackages(names) {
  const query = ['dpkg-query', '--show', '--showformat=${Package} ${db:Status-Status}\\n', ...names];
  const { stdout } = await capture(query); // its exit code only says that some are unknown
  const known = stdout.split('\n');
  return names.filter((name) => !known.includes(`${name} installed`));
}

/** Installs packages without questions, recommendations, upgrades or started services. */
export async function installPackages(names, folder) {
  const log = join(folder, 'apt.log');
  const add = ['apt-get', 'install', '-y', '--no-install-recommends', '--no-upgrade'];
  const command = [...add, ...WAIT, ...KEEP, ...names];
  const attempt = () => execute('install the packages', command, { log, environment: QUIET });
  await withoutServiceStart(async () => {
    try {
      await attempt();
    } catch {
      await updateLists(log); // they are missing, or older than what the mirror still has
      await attempt();
    }
  });
}

/** Brings the machine's lists of packages up to date. */
export function updateLists(log) {
  const command = ['apt-get', 'update', ...WAIT];
  return execute('update the lists of Debian packages', command, { log, environment: QUIET });
}
