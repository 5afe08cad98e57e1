import { posix } from 'node:path';
import { scanImports } from './scan-imports.ts';
import { isSource, isTestCode, type Tree } from './tree.ts';
import type { Room } from './rooms.ts';

/** An import of the tree, resolved: a path for one of our files, else the specifier. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly specifier: string;
  readonly star: boolean;
  readonly names: readonly string[];
  readonly relative: boolean;
  readonly test: boolean;
}

/** Every import of every source in the tree. */
export function edgesOf(tree: Tree): readonly Edge[] {
  const edges: Edge[] = [];
  for (const [from, text] of tree.files) {
    if (!isSource(from)) continue;
    for (const { specifier, star, names } of scanImports(text)) {
      const relative = specifier.startsWith('.');
      const to = relative ? posix.join(posix.dirname(from), specifier) : specifier;
      edges.push({ from, to, specifier, star, names, relative, test: isTestCode(from) });
    }
  }
  return edges;
}

/** The workspace that a path lies in: `apps/x` or `packages/x`. */
function workspaceOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** Breaches of the table of who may import whom, and of each package's face. */
export function workspaceBreaches(tree: Tree, edges: readonly Edge[], rooms: readonly Room[]): readonly string[] {
  const workspaces = new Map(rooms.filter(({ mayImport }) => mayImport !== undefined).map((room) => [room.path, room]));
  const faces = facesOf(tree);
  return edges.flatMap((edge) => {
    const room = workspaces.get(workspaceOf(edge.from));
    if (room === undefined) return [];
    if (edge.relative) return leaves(edge, room);
    const refused = room.refuses;
    if (!edge.test && refused?.pattern.test(edge.to) === true)
      return [`${edge.from} imports ${edge.to}: ${refused.because}`];
    if (!isOurs(edge.to, faces)) return [];
    return [...unlisted(edge, room), ...deep(edge, faces)];
  });
}

function leaves(edge: Edge, room: Room): readonly string[] {
  if (`${edge.to}/`.startsWith(`${room.path}/`)) return [];
  return [`${edge.from} leaves its workspace by the path ${edge.specifier}`];
}

function unlisted(edge: Edge, room: Room): readonly string[] {
  const allowed = [...(room.mayImport ?? []), ...(edge.test ? (room.testsMayImport ?? []) : [])];
  return allowed.includes(edge.to) ? [] : [`${edge.from} may not import ${edge.to}`];
}

function deep(edge: Edge, faces: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const exported = [...faces].some(([name, paths]) => paths.some((path) => posix.join(name, path) === edge.to));
  return exported ? [] : [`${edge.from} imports ${edge.to}, which its package does not export`];
}

function isOurs(specifier: string, faces: ReadonlyMap<string, unknown>): boolean {
  return [...faces.keys()].some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

/** Per package name the paths that it exports. */
function facesOf(tree: Tree): ReadonlyMap<string, readonly string[]> {
  const faces = new Map<string, readonly string[]>();
  for (const [path, text] of tree.files) {
    if (!/^(?:apps|packages)\/[^/]+\/package\.json$/.test(path)) continue;
    const manifest = JSON.parse(text) as { name: string; exports?: Record<string, string> };
    faces.set(manifest.name, Object.keys(manifest.exports ?? {}));
  }
  return faces;
}

/** Re-exports of whole modules: a face names what it shows. */
export function starBreaches(edges: readonly Edge[]): readonly string[] {
  return edges.filter(({ star }) => star).map(({ from, specifier }) => `${from} re-exports all of ${specifier}`);
}
