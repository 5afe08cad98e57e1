import { MeshError, type NewId } from '@devmesh/foundation';
import { isUniqueViolation, type Database, type Tx } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import { actorOf, type Principal } from '../../identity/index.ts';
import { cutPage, readCursor, type Page } from '../../paging.ts';
import type { Catalogue } from '../catalogue.ts';
import { noTool } from '../no-tool.ts';
import { selectTool, type ToolRow } from '../store.ts';
import { problemOf } from './effective.ts';
import { previewOf, type RulesPreview } from './preview-rules.ts';
import { reshapeDefinitions } from './replace-definitions.ts';
import type { RouteRule } from './route-rules.ts';
import type { Override } from './shape.ts';
import { selectBase, selectKnown, selectOwners } from './store-definitions.ts';
import {
  deleteOverride,
  replaceRules,
  selectOperation,
  selectOperations,
  selectRules,
  selectServices,
  upsertOverride,
  type ShapedOperation,
} from './store-shaping.ts';

interface ShapingOptions {
  readonly database: Database;
  readonly catalogue: Pick<Catalogue, 'change'>;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  readonly newId: NewId;
}

interface Overriding {
  readonly toolId: string;
  /** Key or name. */
  readonly operation: string;
  readonly override: Override;
}

/** What an organization makes of the operations of its services. */
export interface ToolShaping {
  /** By key, also those that are hidden. */
  operations(
    principal: Principal,
    toolId: string,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<ShapedOperation>>;
  override(principal: Principal, request: Overriding): Promise<ShapedOperation>;
  removeOverride(principal: Principal, request: Omit<Overriding, 'override'>): Promise<void>;
  /** Of a service, or (`null`) of all. */
  rules(principal: Principal, toolId: string | null): Promise<readonly RouteRule[]>;
  setRules(principal: Principal, toolId: string | null, rules: readonly RouteRule[]): Promise<readonly RouteRule[]>;
  previewRules(principal: Principal, toolId: string, rules: readonly RouteRule[]): Promise<RulesPreview>;
}

/** Builds it. */
export function createToolShaping(options: ShapingOptions): ToolShaping {
  const { database } = options;
  return {
    operations: async ({ tenantId }, toolId, { cursor, limit }) => {
      const after = readCursor(cursor, /^.{1,4000}$/su);
      const rows = await database.tenant(tenantId, async (tx) => {
        await theTool(tx, toolId);
        return selectOperations(tx, toolId, { after, limit });
      });
      return cutPage(
        rows,
        limit,
        (row) => row.key,
        (row) => row,
      );
    },
    override: (principal, request) => override(options, principal, request),
    removeOverride: (principal, request) => removeOverride(options, principal, request),
    rules: ({ tenantId }, toolId) =>
      database.tenant(tenantId, async (tx) => {
        if (toolId !== null) await theTool(tx, toolId);
        return selectRules(tx, toolId);
      }),
    setRules: (principal, toolId, rules) => setRules(options, principal, { toolId, rules }),
    previewRules: ({ tenantId }, toolId, rules) =>
      database.tenant(tenantId, async (tx) => {
        await theTool(tx, toolId);
        const ofAll = await selectRules(tx, null);
        const before = [...(await selectRules(tx, toolId)), ...ofAll];
        const known = await selectKnown(tx, toolId);
        return previewOf({ known, before, after: [...rules, ...ofAll], count: rules.length });
      }),
  };
}

/** Changes definitions, and tells the catalogue; a name that was taken meanwhile is a conflict. */
async function change<Result>(
  { database, catalogue }: ShapingOptions,
  { tenantId }: Principal,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  try {
    return await catalogue.change(tenantId, () => database.tenant(tenantId, work));
  } catch (error) {
    if (isUniqueViolation(error)) throw new MeshError('conflict', 'Another tool got that name at the same time.');
    throw error;
  }
}

async function override(
  options: ShapingOptions,
  principal: Principal,
  { toolId, operation, override: wanted }: Overriding,
): Promise<ShapedOperation> {
  return change(options, principal, async (tx) => {
    await theTool(tx, toolId);
    const { key } = await theOperation(tx, toolId, operation);
    await refuseMisfit(tx, toolId, key, wanted);
    await upsertOverride(tx, { toolId, key, override: wanted });
    await reshapeDefinitions(tx, toolId);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'tools.override',
      subject: toolId,
      detail: { operation: key, changes: Object.keys(wanted) },
    });
    await tell(options, tx, toolId, `The operation ${key} is shown otherwise`);
    return theOperation(tx, toolId, key);
  });
}

async function refuseMisfit(tx: Tx, toolId: string, key: string, wanted: Override): Promise<void> {
  if (wanted.name !== undefined) {
    const owners = await selectOwners(tx, [wanted.name]);
    if (owners.some((owner) => owner.toolId !== toolId || owner.key !== key) || wanted.name.startsWith('devmesh')) {
      throw new MeshError('conflict', `There is a tool ${wanted.name} already.`);
    }
  }
  const [stored] = await selectBase(tx, toolId, [key]);
  const problem = stored === undefined ? undefined : problemOf(stored.tool, wanted);
  if (problem !== undefined) {
    throw new MeshError('invalid_request', `The override does not fit the operation: ${problem}.`, {
      issues: [{ path: 'body', message: problem }],
    });
  }
}

async function removeOverride(
  options: ShapingOptions,
  principal: Principal,
  { toolId, operation }: Omit<Overriding, 'override'>,
): Promise<void> {
  await change(options, principal, async (tx) => {
    await theTool(tx, toolId);
    const known = await selectOperation(tx, toolId, operation);
    const key = known?.key ?? operation;
    if (!(await deleteOverride(tx, toolId, key)) && known === undefined) throw noOperation(operation);
    await reshapeDefinitions(tx, toolId);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'tools.removeOverride',
      subject: toolId,
      detail: { operation: key },
    });
    await tell(options, tx, toolId, `The operation ${key} is shown as its service says`);
  });
}

async function setRules(
  options: ShapingOptions,
  principal: Principal,
  { toolId, rules }: { readonly toolId: string | null; readonly rules: readonly RouteRule[] },
): Promise<readonly RouteRule[]> {
  return change(options, principal, async (tx) => {
    if (toolId !== null) await theTool(tx, toolId);
    await replaceRules(tx, { id: options.newId(), toolId, rules });
    let changed = 0;
    for (const id of toolId === null ? await selectServices(tx) : [toolId]) changed += await reshapeDefinitions(tx, id);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: toolId === null ? 'tools.setOrganizationRules' : 'tools.setRules',
      subject: toolId ?? principal.tenantId,
      detail: { rules: rules.length, changed },
    });
    await tell(options, tx, toolId ?? principal.tenantId, `Route rules changed ${String(changed)} operations`);
    return rules;
  });
}

/** Sessions that list tools, and those that are read as resources, ask again when they hear of it. */
async function tell({ events }: ShapingOptions, tx: Tx, subjectId: string, summary: string): Promise<void> {
  const data = { lists: ['tools', 'resources'] };
  await events.publish(tx, { type: 'tool.changed', subjectId, summary: summary.slice(0, 300), data });
}

async function theTool(tx: Tx, toolId: string): Promise<ToolRow> {
  const tool = await selectTool(tx, toolId);
  if (tool === undefined) throw noTool(toolId);
  return tool;
}

async function theOperation(tx: Tx, toolId: string, named: string): Promise<ShapedOperation> {
  const operation = await selectOperation(tx, toolId, named);
  if (operation === undefined) throw noOperation(named);
  return operation;
}

function noOperation(named: string): MeshError {
  return new MeshError('not_found', `The service has no operation ${named.slice(0, 200)}.`);
}
