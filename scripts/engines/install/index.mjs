import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../command.mjs';
import { Failure, step } from '../progress.mjs';
import { installPackages, missingPackages } from './packages.mjs';
import { buildPgvector } from './pgvector-build.mjs';
import { fetchPgvectorSource } from './pgvector-source.mjs';
import { hasPgvector, installedPgvector, PGVECTOR_MINIMUM } from './pgvector-version.mjs';

const SERVERS = ['postgresql-15', 'redis-server'];
const BUILD = 'postgresql-server-dev-15 gcc make libc6-dev dpkg-dev debian-archive-keyring'.split(' ');

/** Installs what the machine lacks of PostgreSQL, pgvector and Redis; installs nothing where nothing lacks. */
export async function install() {
  await step('Debian packages', async () => {
    const wanted = hasPgvector() ? SERVERS : [...SERVERS, ...BUILD];
    const missing = await missingPackages(wanted);
    if (missing.length === 0) return 'already installed';
    requireInstaller(missing);
    await inWorkshop((folder) => installPackages(missing, folder));
    return `installed ${missing.join(', ')}`;
  });
  await step("pgvector from Debian's source", async () => {
    if (hasPgvector()) return `${installedPgvector()} already installed`;
    requireInstaller([`pgvector ${PGVECTOR_MINIMUM}`]);
    await inWorkshop(async (folder) => buildPgvector(await fetchPgvectorSource(folder), folder));
    return `built and installed ${installedPgvector()}`;
  });
}

/** Only root can install, and only on Debian do we know how. */
function requireInstaller(missing) {
  const names = missing.join(', ');
  if (!isDebian()) throw new Failure(`This machine lacks ${names}, and only Debian's can be installed.`);
  if (isRoot()) return;
  throw new Failure(`This machine lacks ${names}; run once as root: node scripts/engines.mjs install`);
}

function isDebian() {
  const file = '/etc/os-release';
  return existsSync(file) && /^ID="?debian"?$/m.test(readFileSync(file, 'utf8'));
}

/** A folder for the work and its log; it stays when the work fails, so that the log can be read. */
async function inWorkshop(work) {
  const folder = mkdtempSync(join(tmpdir(), 'devmesh-install-'));
  await work(folder);
  rmSync(folder, { recursive: true });
}
