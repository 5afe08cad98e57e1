import { posix } from 'node:path';
import { edgesOf, type Edge } from './imports.ts';
import type { Tree } from './tree.ts';

const home = 'packages/infrastructure/';
const faces = ['index.ts', 'process.ts'].map((name) => `${home}${name}`);
const composition = `${home}open-platform.ts`;

/**
 * Breaches of the ports. An adapter is a file of a port's folder that opens it (`openX`, or a file named after an engine);
 * only its own folder, the composition and the face may import it, and outside the package nobody takes it from the face.
 */
export function portBreaches(
  tree: Tree,
  edges: readonly Edge[],
  exceptions: Readonly<Record<string, string>>,
): readonly string[] {
  const adapters = adaptersOf(tree);
  const inside = edges
    .filter(({ test, relative, to }) => !test && relative && adapters.has(to))
    .filter(({ from, to }) => posix.dirname(from) !== posix.dirname(to))
    .filter(({ from }) => from !== composition && !faces.includes(from))
    .map(({ from, to }) => `${from} imports the adapter ${to} instead of its port`);
  const shown = adapterNames(tree, adapters);
  const outside = edges
    .filter(({ test, specifier }) => !test && specifier === '@devmesh/infrastructure')
    .filter(({ from }) => !Object.hasOwn(exceptions, from) && !from.startsWith('packages/testkit/'))
    .flatMap(({ from, names }) =>
      names.filter((name) => shown.has(name)).map((name) => `${from} takes the adapter ${name} instead of a port`),
    );
  return [...inside, ...outside];
}

const opens = /export (?:async )?function (?:open|create)[A-Z]\w*/;

function adaptersOf(tree: Tree): ReadonlySet<string> {
  const ports = [...tree.files.keys()].filter((path) => /^packages\/infrastructure\/[^/]+\/port\.ts$/.test(path));
  const engines = ports.flatMap((port) => {
    const folder = posix.dirname(port);
    return [...tree.files].filter(
      ([path, text]) => posix.dirname(path) === folder && isAdapter(posix.basename(path), text),
    );
  });
  return new Set(engines.map(([path]) => path));
}

const engineNames =
  /^(?:postgres|pglite|embedded|redis|database|memory|file|s3|local|environment|aws)(?:-[a-z-]+)?\.ts$/;

function isAdapter(name: string, text: string): boolean {
  return engineNames.test(name) && opens.test(text);
}

function adapterNames(tree: Tree, adapters: ReadonlySet<string>): ReadonlySet<string> {
  const face = edgesOf({ ...tree, files: new Map([...tree.files].filter(([path]) => path === faces[0])) });
  const taken = face.filter(({ to }) => adapters.has(to)).flatMap(({ names }) => names);
  return new Set(taken.filter((name) => /^(?:open|create)/.test(name)));
}
