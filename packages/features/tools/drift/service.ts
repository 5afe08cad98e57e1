import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../../identity/index.ts';
import { noTool } from '../no-tool.ts';
import type { DocumentReader } from '../reading/document-reader.ts';
import { selectTool, type ToolRow } from '../store.ts';
import type { Applied } from './apply-definitions.ts';
import { acceptDrift } from './decide.ts';
import type { DriftOptions } from './options.ts';
import { refreshTool } from './refresh.ts';
import { rejectDrift, selectDrift, type DriftRow } from './store-drift.ts';
import { selectRefresh, upsertSettings, type RefreshState } from './store-refreshes.ts';

interface Settings {
  readonly intervalMinutes: number;
  readonly graceHours: number;
}

interface Request {
  readonly document?: string;
  readonly signal?: AbortSignal;
}

/** How the definitions of services change. */
export interface ToolDrift {
  list(
    principal: Principal,
    toolId: string,
  ): Promise<{ readonly state: RefreshState; readonly items: readonly DriftRow[] }>;
  /** Of these keys, or of all that wait; how many that were. */
  accept(principal: Principal, toolId: string, keys?: readonly string[]): Promise<number>;
  reject(principal: Principal, toolId: string, keys?: readonly string[]): Promise<number>;
  /** Looks now, or takes a new version of the document. */
  refresh(principal: Principal, toolId: string, request?: Request): Promise<Applied>;
  setRefresh(principal: Principal, toolId: string, settings: Settings): Promise<RefreshState>;
}

/** Builds it. */
export function createToolDrift(options: DriftOptions, reader: DocumentReader): ToolDrift {
  const { database, audit } = options;
  return {
    list: ({ tenantId }, toolId) =>
      database.tenant(tenantId, async (tx) => ({
        state: await stateOf(tx, toolId),
        items: await selectDrift(tx, toolId),
      })),
    accept: (principal, toolId, keys) => accept(options, principal, { toolId, keys }),
    reject: (principal, toolId, keys) =>
      database.tenant(principal.tenantId, async (tx) => {
        const { name } = await theTool(tx, toolId);
        const count = await rejectDrift(tx, toolId, keys ?? null);
        const detail = { name, count, ...(keys === undefined ? {} : { keys: keys.slice(0, 50) }) };
        await audit.record(tx, { actor: actorOf(principal), action: 'tools.rejectDrift', subject: toolId, detail });
        return count;
      }),
    refresh: (principal, toolId, request = {}) => refresh(options, reader, { principal, toolId, request }),
    setRefresh: (principal, toolId, settings) =>
      database.tenant(principal.tenantId, async (tx) => {
        await theTool(tx, toolId);
        await upsertSettings(tx, { toolId, ...settings });
        const detail = { ...settings };
        await audit.record(tx, { actor: actorOf(principal), action: 'tools.setRefresh', subject: toolId, detail });
        return stateOf(tx, toolId);
      }),
  };
}

interface Accepting {
  readonly toolId: string;
  readonly keys: readonly string[] | undefined;
}

async function accept(options: DriftOptions, principal: Principal, { toolId, keys }: Accepting): Promise<number> {
  const { audit, events, catalogue, database } = options;
  const work = async (tx: Tx): Promise<number> => {
    const tool = await theTool(tx, toolId);
    const accepted = await acceptDrift(tx, { tool, keys });
    const detail = { name: tool.name, count: accepted.length, keys: accepted.slice(0, 50) };
    await audit.record(tx, { actor: actorOf(principal), action: 'tools.acceptDrift', subject: toolId, detail });
    const summary = `${tool.name}: ${String(accepted.length)} changes of tools were accepted`;
    await events.publish(tx, { type: 'tool.changed', subjectId: toolId, summary, data: { name: tool.name } });
    return accepted.length;
  };
  return catalogue.change(principal.tenantId, () => database.tenant(principal.tenantId, work));
}

interface Refresh {
  readonly principal: Principal;
  readonly toolId: string;
  readonly request: Request;
}

async function refresh(
  options: DriftOptions,
  reader: DocumentReader,
  { principal, toolId, request }: Refresh,
): Promise<Applied> {
  const { tenantId } = principal;
  const actor = actorOf(principal);
  const applied = await refreshTool(options, reader, { tenantId, toolId, actor, ...request });
  if (applied === undefined) throw noTool(toolId);
  const action = request.document === undefined ? 'tools.refresh' : 'tools.update';
  await options.database.tenant(tenantId, (tx) =>
    options.audit.record(tx, { actor, action, subject: toolId, detail: { ...applied } }),
  );
  return applied;
}

async function stateOf(tx: Tx, toolId: string): Promise<RefreshState> {
  const state = await selectRefresh(tx, toolId);
  if (state === undefined) throw noTool(toolId);
  return state;
}

async function theTool(tx: Tx, toolId: string): Promise<ToolRow> {
  const tool = await selectTool(tx, toolId);
  if (tool === undefined) throw noTool(toolId);
  return tool;
}
