import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { MeshError } from '@devmesh/foundation';
import { problemResponse } from '@devmesh/infrastructure';

/** Answers a path of the console. */
export type StaticFiles = (path: string) => Promise<Response>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Serves the files of a folder, whose names need no encoding; a path without an extension is a page of the console and gets its index. */
export function createStaticFiles(folder: string): StaticFiles {
  return async (path) => {
    const name = extname(path) === '' ? '/index.html' : path;
    const file = await find(folder, name);
    if (file === undefined) return problemResponse(missing(path, name));
    return new Response(new Uint8Array(await readFile(file)), {
      headers: {
        'content-type': types[extname(name)] ?? 'application/octet-stream',
        // Vite puts a hash of the content into the names under /assets.
        'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    });
  };
}

function missing(path: string, name: string): MeshError {
  return name === '/index.html'
    ? new MeshError('not_found', 'The console is not built here: run `npm run build -- console`.')
    : new MeshError('not_found', `There is no file ${path}.`);
}

/** The file's real path when it lies inside the folder. */
async function find(folder: string, name: string): Promise<string | undefined> {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, name));
    return file.startsWith(root + sep) ? file : undefined;
  } catch {
    // A path that cannot be resolved is not a file of the console; the caller answers 404.
    return undefined;
  }
}
