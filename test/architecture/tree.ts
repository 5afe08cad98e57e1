import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The source tree as the rules see it: paths from the root with forward slashes. */
export interface Tree {
  readonly folders: ReadonlySet<string>;
  /** Text of every file that is code, SQL or JSON; others are there with no text. */
  readonly files: ReadonlyMap<string, string>;
}

const skipped = new Set(['node_modules', 'dist', 'data', 'coverage']);
const readable = /\.(?:[cm]?[jt]sx?|sql|json)$/;

/** Reads the tree below a folder, without what is installed, built or hidden. */
export function readTree(root: string): Tree {
  const folders = new Set<string>();
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || skipped.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        folders.add(path);
        visit(path);
      } else if (entry.isFile()) {
        files.set(path, readable.test(path) ? readFileSync(join(root, path), 'utf8') : '');
      }
    }
  };
  visit('');
  return { folders, files };
}

/** Whether a file only serves tests: it may import the test kit and whatever its room lists for tests. */
export function isTestCode(path: string): boolean {
  return (
    /\.(?:test|bench|fixture|test-client)\.tsx?$/.test(path) ||
    /(?:^|\/)(?:testing|fixtures)\//.test(path) ||
    path.endsWith('/contract.ts') ||
    /^(?:test|packages\/testkit)\//.test(path)
  );
}

/** Whether a file is TypeScript of ours. */
export function isSource(path: string): boolean {
  return /\.tsx?$/.test(path);
}
