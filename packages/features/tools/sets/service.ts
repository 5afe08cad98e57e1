import { MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import { actorOf, type Principal } from '../../identity/index.ts';
import { cutPage, readCursor, type Page } from '../../paging.ts';
import type { Catalogue } from '../catalogue.ts';
import { noToolSet } from './no-tool-set.ts';
import { deleteToolSet, selectToolSet, selectToolSets, upsertToolSet, type ToolSetRow } from './store.ts';
import type { ToolSetDefinition } from './tool-set.ts';

interface SetsOptions {
  readonly database: Database;
  readonly catalogue: Pick<Catalogue, 'change'>;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
}

/** The tool sets of organizations. */
export interface ToolSets {
  /** By name. */
  list(
    principal: Principal,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<ToolSetRow>>;
  get(principal: Principal, name: string): Promise<ToolSetRow>;
  put(principal: Principal, name: string, definition: ToolSetDefinition): Promise<ToolSetRow>;
  delete(principal: Principal, name: string): Promise<void>;
}

const position = /^[a-z0-9-]{2,40}$/u;
const most = 200;

/** Builds the tool sets. */
export function createToolSets(options: SetsOptions): ToolSets {
  const { database } = options;
  return {
    list: async ({ tenantId }, { cursor, limit }) => {
      const after = readCursor(cursor, position);
      const rows = await database.tenant(tenantId, (tx) => selectToolSets(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.name,
        (row) => row,
      );
    },
    get: async ({ tenantId }, name) => {
      const row = await database.tenant(tenantId, (tx) => selectToolSet(tx, name));
      if (row === undefined) throw noToolSet(name);
      return row;
    },
    put: (principal, name, definition) =>
      change(options, principal, name, async (tx) => {
        await refuseTooMany(tx, name);
        const row = await upsertToolSet(tx, name, definition);
        const detail = { include: definition.include.length, pinned: definition.pinned.length };
        await options.audit.record(tx, { actor: actorOf(principal), action: 'toolSets.put', subject: name, detail });
        return row;
      }),
    delete: (principal, name) =>
      change(options, principal, name, async (tx) => {
        if (!(await deleteToolSet(tx, name))) throw noToolSet(name);
        await options.audit.record(tx, {
          actor: actorOf(principal),
          action: 'toolSets.delete',
          subject: name,
          detail: {},
        });
      }),
  };
}

/** Sessions that show a set hear of its change as of any change of tools. */
function change<Result>(
  { database, catalogue, events }: SetsOptions,
  { tenantId }: Principal,
  name: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const told = async (tx: Tx): Promise<Result> => {
    const result = await work(tx);
    await events.publish(tx, {
      type: 'tool.changed',
      subjectId: name,
      summary: `The tool set ${name} changed`,
      // Prompts and resources of servers come and go with it.
      data: { lists: ['tools', 'resources', 'prompts'] },
    });
    return result;
  };
  return catalogue.change(tenantId, () => database.tenant(tenantId, told));
}

async function refuseTooMany(tx: Tx, name: string): Promise<void> {
  if ((await selectToolSet(tx, name)) !== undefined) return;
  if ((await selectToolSets(tx, undefined, most)).length >= most) {
    throw new MeshError('conflict', `An organization has at most ${String(most)} tool sets.`);
  }
}
