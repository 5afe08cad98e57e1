import type { Edge } from './imports.ts';
import { scanImports } from './scan-imports.ts';
import type { Tree } from './tree.ts';

const home = 'packages/features/';
/** Files that put the features together; no feature may import them. */
const composition = new Set(['alone.ts', 'features.ts', 'host.ts', 'index.ts'].map((name) => `${home}${name}`));

/** The features in the order in which `build` of features.ts builds them. */
export function featureOrder(tree: Tree): readonly string[] {
  const text = tree.files.get(`${home}features.ts`) ?? '';
  const body = text.slice(text.indexOf('function build('));
  const built = scanImports(text).flatMap(({ specifier, names }) => {
    const folder = /^\.\/([^/]+)\/index\.ts$/.exec(specifier)?.[1];
    const places = names.map((name) => body.search(new RegExp(`\\b${name}\\(`))).filter((place) => place >= 0);
    return folder === undefined || places.length === 0 ? [] : [{ folder, place: Math.min(...places) }];
  });
  return built.sort((one, other) => one.place - other.place).map(({ folder }) => folder);
}

/** Breaches between features: past an index, against the order, or of the composition. */
export function featureBreaches(tree: Tree, edges: readonly Edge[]): readonly string[] {
  const order = featureOrder(tree);
  const folders = foldersOf(tree);
  const unbuilt = folders
    .filter((folder) => !order.includes(folder))
    .map((folder) => `${home}features.ts does not build ${folder}`);
  const wrong = edges
    .filter(({ from, to, relative }) => relative && from.startsWith(home) && to.startsWith(home))
    .flatMap((edge) => between(edge, { order, folders }));
  return [...unbuilt, ...wrong];
}

interface Houses {
  readonly order: readonly string[];
  readonly folders: readonly string[];
}

function between(edge: Edge, { order, folders }: Houses): readonly string[] {
  const from = folderOf(edge.from, folders);
  const to = folderOf(edge.to, folders);
  if (from === to) return [];
  if (to === undefined) return composes(edge);
  // Fixtures are shared by tests, and a test may look at what comes later.
  if (edge.test) return edge.to.endsWith('.fixture.ts') ? [] : pastIndex(edge, to);
  const passed = pastIndex(edge, to);
  const early = from === undefined || order.indexOf(to) < order.indexOf(from);
  return early ? passed : [...passed, `${edge.from} imports ${to}, which is built after ${from}`];
}

function composes(edge: Edge): readonly string[] {
  if (edge.test || !composition.has(edge.to)) return [];
  return [`${edge.from} imports ${edge.to}, which is put together from the features`];
}

function pastIndex(edge: Edge, folder: string): readonly string[] {
  if (edge.to === `${home}${folder}/index.ts`) return [];
  return [`${edge.from} goes past the index of ${folder} to ${edge.to}`];
}

function foldersOf(tree: Tree): readonly string[] {
  return [...tree.folders]
    .filter((path) => path.startsWith(home) && !path.slice(home.length).includes('/'))
    .map((path) => path.slice(home.length));
}

function folderOf(path: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => path.startsWith(`${home}${folder}/`));
}
