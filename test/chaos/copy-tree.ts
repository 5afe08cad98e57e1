import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tree that this file is in. */
export const ownTree = fileURLToPath(new URL('../..', import.meta.url));

const copied = ['apps', 'packages', 'migrations', 'scripts', 'test', 'package.json', 'tsconfig.json'];
const leftOut = new Set(['node_modules', 'dist', 'data']);

/** Copies the sources to `folder`, with installed packages linked and our own packages found in the copy. */
export async function copyTree(folder: string): Promise<void> {
  for (const name of copied) {
    await cp(join(ownTree, name), join(folder, name), {
      recursive: true,
      filter: (source) => !leftOut.has(basename(source)),
    });
  }
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@devmesh'), { recursive: true });
  for (const name of await readdir(join(ownTree, 'node_modules'))) {
    if (name !== '@devmesh' && name !== '.cache')
      await symlink(join(ownTree, 'node_modules', name), join(modules, name));
  }
  await linkWorkspaces(folder, modules);
}

async function linkWorkspaces(folder: string, modules: string): Promise<void> {
  for (const corridor of ['apps', 'packages']) {
    for (const name of await readdir(join(folder, corridor))) {
      const workspace = join(folder, corridor, name);
      const manifest = join(workspace, 'package.json');
      if (!existsSync(manifest)) continue;
      const { name: packageName } = JSON.parse(await readFile(manifest, 'utf8')) as { readonly name: string };
      if (packageName.startsWith('@devmesh/'))
        await symlink(relative(join(modules, '@devmesh'), workspace), join(modules, packageName));
    }
  }
}
