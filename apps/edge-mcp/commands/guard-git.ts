import { lstat, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isWithin } from './jail.ts';
import { refusal } from './refusal.ts';

/** Settings that a repository may have; every other might run a program, include a file or lead elsewhere. */
const harmless: Readonly<Record<string, RegExp>> = {
  core: /^(?:repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|autocrlf|eol|safecrlf|quotepath|abbrev|sparsecheckout|sparsecheckoutcone|longpaths|protectntfs|protecthfs|compression|bigfilethreshold)$/u,
  remote: /^(?:url|pushurl|fetch|push|tagopt|prune|prunetags)$/u,
  branch: /^(?:remote|merge|rebase|pushremote|description|autosetupmerge|autosetuprebase|sort)$/u,
  user: /^(?:name|email|usebconfigonly)$/u,
  init: /^defaultbranch$/u,
  pull: /^(?:rebase|ff)$/u,
  push: /^(?:default|autosetupremote|followtags)$/u,
  fetch: /^(?:prune|prunetags)$/u,
  merge: /^(?:conflictstyle|ff)$/u,
  diff: /^(?:algorithm|renames|renamelimit|colormoved|mnemonicprefix|noprefix|context)$/u,
  gc: /^(?:auto|autodetach|prune)$/u,
  pack: /^(?:window|depth|threads)$/u,
  index: /^(?:version|threads)$/u,
  submodule: /^(?:url|active|branch)$/u,
  extensions: /^(?:objectformat|noop)$/u,
  advice: /^[a-z]+$/u,
};

const longestConfiguration = 256 * 1_024;

/** The arguments that tie git to one repository of the jail. */
export type GitPlace = readonly string[];

/**
 * Finds the repository of a folder and reads its configuration without git; throws where there is none in the jail, where parts of it
 * lie elsewhere, or where it sets something that could run a program: filters, external diffs, aliases, includes.
 */
export async function guardGit(root: string, folder: string): Promise<GitPlace> {
  const tree = await treeOf(root, folder);
  const repository = join(tree, '.git');
  for (const name of [
    '',
    'config',
    'HEAD',
    'objects',
    'refs',
    'info',
    'packed-refs',
    'index',
    'objects/info',
    'objects/pack',
  ]) {
    const found = await lstat(join(repository, name)).catch(() => undefined);
    if (found?.isSymbolicLink() === true) throw refusal('cwd', `has a repository whose .git/${name} is a link`);
  }
  for (const name of ['commondir', 'config.worktree', 'objects/info/alternates', 'objects/info/http-alternates']) {
    if (await exists(join(repository, name))) {
      throw refusal(
        'cwd',
        `has a repository with .git/${name}, which leads elsewhere; only whole repositories are read`,
      );
    }
  }
  checkConfiguration(await configurationOf(repository));
  return [`--git-dir=${repository}`, `--work-tree=${tree}`];
}

async function treeOf(root: string, folder: string): Promise<string> {
  for (let at = folder; isWithin(root, at); at = dirname(at)) {
    const found = await lstat(join(at, '.git')).catch(() => undefined);
    if (found?.isDirectory() === true) return at;
    if (found !== undefined) {
      throw refusal('cwd', 'is of a repository that lies elsewhere (.git is a file); only whole repositories are read');
    }
  }
  throw refusal('cwd', 'must be in a git repository within the jail');
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function configurationOf(repository: string): Promise<string> {
  const path = join(repository, 'config');
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return '';
  if (!found.isFile() || found.size > longestConfiguration)
    throw refusal('cwd', 'has a .git/config that is no plain file');
  return readFile(path, 'utf8');
}

const comment = /^(?:[#;].*)?$/u;
const sectionHead = /^\[([A-Za-z0-9-]+)(?:\s+"(?:[^"\\\n]|\\.)*")?\]$/u;
const setting = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=.*)?$/u;

/** Reads more strictly than git: what it cannot tell for sure is refused. */
export function checkConfiguration(text: string): void {
  let section = '';
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (comment.test(line)) continue;
    const head = sectionHead.exec(line)?.[1];
    if (head === undefined) checkSetting(section, line);
    else section = head.toLowerCase();
  }
}

function checkSetting(section: string, line: string): void {
  const name = setting.exec(line)?.[1]?.toLowerCase();
  // A value that goes on in the next line could hide a setting from a reader by lines.
  if (name === undefined || line.endsWith('\\')) {
    throw refusal('cwd', `has a repository whose configuration cannot be read for sure (section ${section || 'none'})`);
  }
  if (!(Object.hasOwn(harmless, section) && harmless[section]?.test(name) === true)) {
    const sets = `${section}.${name}`;
    throw refusal('cwd', `has a repository whose configuration sets ${sets}, which may run programs or lead elsewhere`);
  }
}
