import type { Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import { readHead } from './git-repository.ts';

const freshFor = 3_000;
const mostFolders = 1_000;

/** Tells the commit at a folder's HEAD, at most a few seconds old; undefined where this process cannot read the folder. */
export type HeadReader = (folder: string) => Promise<string | undefined>;

/** Reads HEAD through git and remembers the answer for three seconds. */
export function createHeadReader(clock: Clock): HeadReader {
  const known = new LRUCache<string, { readonly at: number; readonly head: Promise<string | undefined> }>({
    max: mostFolders,
  });
  return (folder) => {
    const last = known.get(folder);
    if (last !== undefined && clock.now() - last.at < freshFor) return last.head;
    const head = read(folder);
    known.set(folder, { at: clock.now(), head });
    return head;
  };
}

async function read(folder: string): Promise<string | undefined> {
  try {
    return (await readHead(folder)).commit;
  } catch {
    // Only the rag-loader needs to reach the folder; whoever cannot does not know whether the index is behind.
    return undefined;
  }
}
