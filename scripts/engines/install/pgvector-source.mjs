import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, execute } from '../command.mjs';
import { Failure } from '../progress.mjs';
import { updateLists } from './packages.mjs';

const RELEASE = 'trixie'; // the first Debian release with pgvector 0.8
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Downloads Debian's source of pgvector into `folder` and returns where it was unpacked. apt checks it
 * against the archive's signature, with a configuration of its own: the machine's stays as it is.
 */
export async function fetchPgvectorSource(folder) {
  const log = join(folder, 'pgvector.log');
  const apt = ['apt-get', ...privateApt(folder, await findArchive(log))];
  await execute(`read the list of ${RELEASE}'s sources`, [...apt, 'update'], { log });
  const download = [...apt, 'source', '--download-only', 'pgvector'];
  await execute("download pgvector's source", download, { log, cwd: folder });
  const description = readdirSync(folder).find((name) => name.endsWith('.dsc'));
  const source = join(folder, 'source');
  const unpack = ['dpkg-source', '--extract', description, source];
  await execute("unpack pgvector's source", unpack, { log, cwd: folder });
  return source;
}

/** The address of the Debian archive that this machine is configured for, as apt itself understands it. */
async function findArchive(log) {
  const address = (await askArchive()) ?? (await updateLists(log), await askArchive());
  if (address) return address;
  throw new Failure("This machine's package sources name no Debian archive to get pgvector's source from.");
}

async function askArchive() {
  const debian = ['Origin: Debian', 'Label: Debian', 'Component: main', 'Created-By: Packages'];
  const { stdout } = await capture(['apt-get', 'indextargets', '--format', '$(REPO_URI)', ...debian]);
  return stdout.split('\n').find(Boolean);
}

/** Options that give apt one source and its own lists and cache. */
function privateApt(folder, archive) {
  const sources = join(folder, 'sources.list');
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  for (const part of [lists, cache]) mkdirSync(join(part, 'partial'), { recursive: true });
  writeFileSync(sources, `deb-src [signed-by=${KEYRING}] ${archive} ${RELEASE} main\n`);
  return [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    'APT::Sandbox::User=root', // apt's own user cannot write into our folder
  ].flatMap((option) => ['-o', option]);
}
