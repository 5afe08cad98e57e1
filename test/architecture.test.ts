import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { featureBreaches, featureOrder } from './architecture/features.ts';
import { environmentBreaches, roomBreaches, tableBreaches } from './architecture/habits.ts';
import { edgesOf, starBreaches, workspaceBreaches } from './architecture/imports.ts';
import { portBreaches } from './architecture/ports.ts';
import {
  adapterExceptions,
  corridors,
  environmentExceptions,
  rooms,
  sharedTables,
  tableExceptions,
} from './architecture/rooms.ts';
import { readTree, type Tree } from './architecture/tree.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('the tree', () => {
  const tree = readTree(root);
  const edges = edgesOf(tree);

  it('has a sentence for every room, and source in it', () => {
    expect(roomBreaches(tree, rooms, corridors)).toEqual([]);
  });

  it('is imported only in the listed directions, by what each package exports [edge.zero-infrastructure]', () => {
    expect(edges.length).toBeGreaterThan(500);
    expect(workspaceBreaches(tree, edges, rooms)).toEqual([]);
  });

  it('re-exports nothing whole', () => {
    expect(starBreaches(edges)).toEqual([]);
  });

  it('joins features by their index alone, in the order in which they are built', () => {
    expect(featureOrder(tree).length).toBeGreaterThan(5);
    expect(featureBreaches(tree, edges)).toEqual([]);
  });

  it('reaches adapters through their ports', () => {
    expect(portBreaches(tree, edges, adapterExceptions)).toEqual([]);
  });

  it('names each table in the store of one room', () => {
    expect(tableBreaches(tree, { exceptions: tableExceptions, shared: sharedTables })).toEqual([]);
  });

  it('reads the environment where a process starts', () => {
    expect(environmentBreaches(tree, environmentExceptions)).toEqual([]);
  });
});

describe('a planted breach is found', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  const manifest = (name: string): string =>
    JSON.stringify({ name, exports: { '.': './index.ts', './process': './p.ts' } });
  const clean: Readonly<Record<string, string>> = {
    'apps/edge-mcp/package.json': manifest('@devmesh/edge-mcp'),
    'apps/edge-mcp/index.ts': `import { a } from '@devmesh/infrastructure/process';`,
    'packages/foundation/package.json': manifest('@devmesh/foundation'),
    'packages/foundation/index.ts': 'export const a = 1;',
    'packages/infrastructure/package.json': manifest('@devmesh/infrastructure'),
    'packages/infrastructure/index.ts': `export { openRedis } from './stream/redis.ts';`,
    'packages/infrastructure/open-platform.ts': `import { openRedis } from './stream/redis.ts';`,
    'packages/infrastructure/stream/port.ts': 'export interface Stream {}',
    'packages/infrastructure/stream/redis.ts': 'export function openRedis(): void {}',
    'packages/infrastructure/stream/redis-claim.ts': `import { openRedis } from './redis.ts';`,
    'packages/features/package.json': manifest('@devmesh/features'),
    'packages/features/features.ts': `
      import { createTasks } from './tasks/index.ts';
      import { createAudit } from './audit/index.ts';
      function build() { const audit = createAudit(); return createTasks({ audit }); }`,
    'packages/features/audit/index.ts': 'export function createAudit() {}',
    'packages/features/audit/store.ts': 'const q = sql`select * from mcp.audit_log`;',
    'packages/features/tasks/index.ts': `import { createAudit } from '../audit/index.ts';`,
    'migrations/core/0001.up.sql': 'create table mcp.audit_log (id uuid);',
  };

  const plant = (files: Readonly<Record<string, string>> = {}): Tree => {
    const folder = mkdtempSync(join(tmpdir(), 'devmesh-tree-'));
    folders.push(folder);
    for (const [path, text] of Object.entries({ ...clean, ...files })) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      if (text !== '') writeFileSync(join(folder, path), text);
    }
    return readTree(folder);
  };

  const listed = rooms.filter(({ path }) => Object.keys(clean).some((file) => file.startsWith(`${path}/`)));
  const breaches = (tree: Tree): readonly string[] => {
    const edges = edgesOf(tree);
    return [
      ...roomBreaches(tree, listed, corridors),
      ...workspaceBreaches(tree, edges, listed),
      ...starBreaches(edges),
      ...featureBreaches(tree, edges),
      ...portBreaches(tree, edges, {}),
      ...tableBreaches(tree, { exceptions: {}, shared: {} }),
      ...environmentBreaches(tree, {}),
    ];
  };

  it('only where one was planted', () => {
    expect(breaches(plant())).toEqual([]);
  });

  const plants: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['an unlisted room', { 'packages/utils/index.ts': 'export {};' }, 'packages/utils is not listed'],
    ['an unlisted feature', { 'packages/features/odd/a.ts': '' }, 'packages/features/odd is not listed'],
    ['an empty room', { 'packages/foundation/index.ts': '' }, 'packages/foundation is listed but holds no source'],
    [
      'a gateway with engines',
      { 'apps/edge-mcp/a.ts': `import { x } from '@devmesh/infrastructure';` },
      'may not import',
    ],
    ['an upward import', { 'packages/foundation/a.ts': `export { x } from '@devmesh/features';` }, 'may not import'],
    ['a late import', { 'packages/foundation/a.ts': `await import('@devmesh/features');` }, 'may not import'],
    [
      'a deep import',
      { 'apps/edge-mcp/a.ts': `import '@devmesh/foundation/ids';` },
      'which its package does not export',
    ],
    ['a path out', { 'packages/features/a.ts': `import '../infrastructure/index.ts';` }, 'leaves its workspace'],
    ['input in foundation', { 'packages/foundation/a.ts': `import 'node:fs';` }, 'no input or output'],
    ['a whole re-export', { 'packages/foundation/a.ts': `export * from './index.ts';` }, 're-exports all'],
    [
      'a late feature',
      { 'packages/features/audit/a.ts': `import type { T } from '../tasks/index.ts';` },
      'built after audit',
    ],
    [
      'a way past an index',
      { 'packages/features/tasks/a.ts': `import '../audit/store.ts';` },
      'past the index of audit',
    ],
    ['a feature on the composition', { 'packages/features/tasks/a.ts': `import '../features.ts';` }, 'put together'],
    ['an unbuilt feature', { 'packages/features/odd/index.ts': 'export {};' }, 'does not build odd'],
    ['an adapter inside', { 'packages/infrastructure/a.ts': `import './stream/redis.ts';` }, 'instead of its port'],
    [
      'an adapter outside',
      { 'packages/features/a.ts': `import { openRedis } from '@devmesh/infrastructure';` },
      'takes the adapter',
    ],
    [
      'a table outside a store',
      { 'packages/features/tasks/a.ts': 'sql`delete from mcp.audit_log`;' },
      'outside a store',
    ],
    ['a shared table', { 'packages/features/tasks/store.ts': 'sql`delete from mcp.audit_log`;' }, 'several stores'],
    ['the environment', { 'packages/features/tasks/a.ts': `const x = process.env['X'];` }, 'reads process.env'],
  ];
  it.each(plants)('%s', (_name, files, message) => {
    expect(breaches(plant(files)).join('\n')).toContain(message);
  });

  it('an exception that nobody needs any more', () => {
    const tree = plant();
    expect(tableBreaches(tree, { exceptions: { 'packages/features/tasks/index.ts': 'why' }, shared: {} })).toHaveLength(
      1,
    );
    expect(environmentBreaches(tree, { 'packages/features/tasks/index.ts': 'why' })).toHaveLength(1);
  });
});
