import { MeshError } from '@devmesh/foundation';
import { git } from './git.ts';

/** A commit that a work tree has checked out. */
export interface Head {
  /** Its object id. */
  readonly commit: string;
  /** Absent when HEAD is detached. */
  readonly branch: string | undefined;
}

/** A regular file of a commit. */
export interface TrackedFile {
  /** Relative to the root of the repository, with `/`. */
  readonly path: string;
  /** The object id of its content. */
  readonly blobSha: string;
  readonly bytes: number;
}

/** The commit at HEAD; throws `invalid_request` where there is none yet. */
export async function readHead(folder: string, signal?: AbortSignal): Promise<Head> {
  const options = { timeoutMilliseconds: 10_000, signal };
  const { exitCode, output } = await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], options);
  if (exitCode !== 0) throw new MeshError('invalid_request', `The git repository ${folder} has no commit at HEAD.`);
  const symbolic = await git(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD'], options);
  const branch = symbolic.output.toString('utf8').trim();
  return { commit: output.toString('latin1').trim(), branch: branch === '' ? undefined : branch };
}

/** The folder that holds the objects of a work tree; undefined when `folder` is not the top of one. */
export async function objectsFolder(folder: string): Promise<string | undefined> {
  const question = [
    'rev-parse',
    '--path-format=absolute',
    '--is-inside-work-tree',
    '--show-prefix',
    '--git-common-dir',
  ];
  const { exitCode, output } = await git(folder, question, { timeoutMilliseconds: 10_000 });
  const [inside, prefix, common] = output.toString('utf8').split('\n');
  return exitCode === 0 && inside === 'true' && prefix === '' ? common : undefined;
}

/** The regular files of a commit: no symbolic links, no submodules, no paths that are not UTF-8. */
export async function listFiles(folder: string, commit: string, signal?: AbortSignal): Promise<TrackedFile[]> {
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', commit];
  const { exitCode, output, problem } = await git(folder, args, { signal });
  if (exitCode !== 0) throw broken(folder, problem);
  return parseTree(output);
}

/** Parses `ls-tree -r -l -z`. */
export function parseTree(output: Buffer): TrackedFile[] {
  const files: TrackedFile[] = [];
  for (let start = 0; start < output.length;) {
    const found = output.indexOf(0, start);
    const end = found === -1 ? output.length : found;
    const file = parseEntry(output.subarray(start, end));
    if (file !== undefined) files.push(file);
    start = end + 1;
  }
  return files;
}

const entryPattern = /^100\d{3} blob ([0-9a-f]{40,64}) +(\d+)$/u;

function parseEntry(entry: Buffer): TrackedFile | undefined {
  const tab = entry.indexOf(9);
  const [, blobSha, bytes] = entryPattern.exec(entry.subarray(0, Math.max(tab, 0)).toString('latin1')) ?? [];
  const path = decodePath(entry.subarray(tab + 1));
  return blobSha === undefined || path === undefined ? undefined : { path, blobSha, bytes: Number(bytes) };
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodePath(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    // Such a name cannot be shown or asked for in JSON.
    return undefined;
  }
}

/** Reads contents by their object ids, in one process. Throws when one is not there (a partial clone). */
export async function readBlobs(
  folder: string,
  blobShas: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(blobShas)];
  if (wanted.length === 0) return new Map();
  const input = `${wanted.join('\n')}\n`;
  const { exitCode, output, problem } = await git(folder, ['cat-file', '--batch'], { input, signal });
  const blobs = parseBlobs(output);
  const absent = wanted.find((sha) => !blobs.has(sha));
  if (exitCode !== 0 || absent !== undefined)
    throw broken(folder, problem === '' ? `${absent ?? ''} missing` : problem);
  return blobs;
}

/** Parses `cat-file --batch`; objects that are missing are left out. */
export function parseBlobs(output: Buffer): Map<string, Buffer> {
  const blobs = new Map<string, Buffer>();
  for (let start = 0; start < output.length;) {
    const found = output.indexOf(10, start);
    const end = found === -1 ? output.length : found;
    const [, sha, size] = /^([0-9a-f]{40,64}) blob (\d+)$/u.exec(output.subarray(start, end).toString('latin1')) ?? [];
    const length = sha === undefined ? -1 : Number(size);
    if (sha !== undefined) blobs.set(sha, output.subarray(end + 1, end + 1 + length));
    start = end + 1 + length + 1;
  }
  return blobs;
}

function broken(folder: string, problem: string): MeshError {
  return new MeshError('invalid_request', `git cannot read the repository ${folder}: ${problem}`);
}
