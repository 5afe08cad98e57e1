import type { TrackedFile } from './git-repository.ts';

/** A file as the index has it. */
export interface IndexedFile {
  readonly id: string;
  readonly path: string;
  readonly blobSha: string;
  readonly model: string;
  /** Whether searches see it now; otherwise an unfinished run wrote it for the next generation. */
  readonly visible: boolean;
  /** Whether the next generation leaves it out, as far as an unfinished run got. */
  readonly leaving: boolean;
}

/** Files by what happened to them since the commit that is indexed, as git counts exact renames. */
export interface Changes {
  readonly added: number;
  readonly modified: number;
  readonly deleted: number;
  readonly renamed: number;
}

/** What leads from the index as it is to that of a commit. */
export interface Plan {
  /** To be read, embedded and written. */
  readonly write: readonly TrackedFile[];
  /** Ids of files that searches see and the next generation shall not. */
  readonly leave: readonly string[];
  /** Ids of files that were to leave and now stay. */
  readonly stay: readonly string[];
  /** Ids of files that were written for a generation that nobody ever saw. */
  readonly discard: readonly string[];
  readonly changes: Changes;
}

interface PlanInput {
  /** The files that the index shall have. */
  readonly wanted: readonly TrackedFile[];
  readonly indexed: readonly IndexedFile[];
  readonly model: string;
}

/** Compares by path, content and model: what agrees in all three is left as it is. */
export function planRun({ wanted, indexed, model }: PlanInput): Plan {
  const contents = new Map(wanted.map((file) => [file.path, file.blobSha]));
  const fits = (file: IndexedFile): boolean => file.model === model && contents.get(file.path) === file.blobSha;
  const present = new Set(indexed.filter(fits).map((file) => file.path));
  const ids = (test: (file: IndexedFile) => boolean): string[] => indexed.filter(test).map((file) => file.id);
  return {
    write: wanted.filter((file) => !present.has(file.path)),
    leave: ids((file) => file.visible && !file.leaving && !fits(file)),
    stay: ids((file) => file.visible && file.leaving && fits(file)),
    discard: ids((file) => !file.visible && !fits(file)),
    changes: countChanges(
      contents,
      indexed.filter((file) => file.visible),
    ),
  };
}

function countChanges(contents: ReadonlyMap<string, string>, visible: readonly IndexedFile[]): Changes {
  const before = new Map(visible.map((file) => [file.path, file.blobSha]));
  const fresh = [...contents].filter(([path]) => !before.has(path)).map(([, blobSha]) => blobSha);
  const gone = [...before].filter(([path]) => !contents.has(path)).map(([, blobSha]) => blobSha);
  const modified = [...contents].filter(([path, blobSha]) => before.has(path) && before.get(path) !== blobSha);
  const renamed = countPairs(fresh, gone);
  return {
    added: fresh.length - renamed,
    deleted: gone.length - renamed,
    modified: modified.length,
    renamed,
  };
}

/** How many of `ones` find a partner of their own among `others`. */
function countPairs(ones: readonly string[], others: readonly string[]): number {
  const free = new Map<string, number>();
  for (const other of others) free.set(other, (free.get(other) ?? 0) + 1);
  return ones.filter((one) => {
    const left = free.get(one) ?? 0;
    free.set(one, left - 1);
    return left > 0;
  }).length;
}
