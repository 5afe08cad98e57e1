import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../../identity/index.ts';
import { applyDefinitions } from '../drift/apply-definitions.ts';
import { nameTools } from '../naming/tool-names.ts';
import { screenLists } from '../screening/screen-lists.ts';
import { selectOtherTools } from '../screening/store.ts';
import { tellFindings } from '../screening/tell-findings.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import { cleanText } from './clean-text.ts';
import type { UpstreamConnection } from './connection.ts';
import { definitionsOf } from './definition.ts';
import { upstreamFailure } from './failure.ts';
import { listedOf } from './listed.ts';
import type { UpstreamOptions } from './options.ts';
import { targetOf } from './reach.ts';
import { readLists, type UpstreamLists } from './read-lists.ts';
import {
  lockUpstream,
  selectReachable,
  updateFailed,
  updateSeen,
  type ListsBefore,
  type ReachableRow,
  type UpstreamState,
} from './store.ts';
import type { UpstreamTarget } from './target.ts';

/** Which server is looked at, and for whom. */
export interface Look {
  readonly tenantId: string;
  readonly toolId: string;
  /** Of the lease under which it is looked at; without one nobody else's work is in the way. */
  readonly fence?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a server was found. */
export interface Looked {
  readonly state: UpstreamState;
  readonly failure?: MeshError;
}

const nextLookSeconds = 600;
const longestReason = 900;

/**
 * Looks at a server: reads all that it lists and makes that the definitions of its service. A server that cannot be reached
 * is marked as failed with the reason; what it listed before stays.
 */
export async function lookAt(options: UpstreamOptions, look: Look): Promise<Looked> {
  const { tenantId, toolId, signal } = look;
  const reached = await reachAsOwner(options, look);
  if (reached === undefined) throw new MeshError('not_found', `There is no service ${toolId}.`);
  const { row, target } = reached;
  try {
    await options.pool.together(target, async (connection) =>
      store(options, look, { row, connection, lists: await readLists(connection, signal) }),
    );
    return { state: 'connected' };
  } catch (error) {
    signal?.throwIfAborted();
    const failure = upstreamFailure(error, row.service);
    if (failure.code === 'stale_fence' || failure.code === 'internal') throw failure;
    await markFailed(options, { tenantId, toolId, service: row.service, failure });
    return { state: 'failed', failure };
  }
}

/** The server with the credential under which its lists are read: the organization's, or that of who registered it. */
export async function reachAsOwner(
  options: UpstreamOptions,
  { tenantId, toolId }: Pick<Look, 'tenantId' | 'toolId'>,
): Promise<{ readonly row: ReachableRow; readonly target: UpstreamTarget } | undefined> {
  return options.database.tenant(tenantId, async (tx) => {
    const row = await selectReachable(tx, toolId);
    if (row === undefined) return undefined;
    const principal = { tenantId, userId: row.userId ?? undefined } as Principal;
    return { row, target: await targetOf(tx, options, row, { principal, handedOver: [] }) };
  });
}

/** Marks a server as failed, and tells the organization where that is news. */
export async function markFailed(
  options: Pick<UpstreamOptions, 'database' | 'events'>,
  failed: { readonly tenantId: string; readonly toolId: string; readonly service: string; readonly failure: MeshError },
): Promise<void> {
  const { tenantId, toolId, service, failure } = failed;
  const reason = cleanText(`${failure.code}: ${failure.message}`, longestReason);
  await options.database.tenant(tenantId, async (tx) => {
    if (!(await updateFailed(tx, { toolId, reason }))) return;
    await options.events.publish(tx, {
      type: 'tool.changed',
      subjectId: toolId,
      summary: `${service} cannot be reached; its tools stay listed`,
      data: { name: service, state: 'failed', reason, lists: [] },
    });
  });
}

interface Found {
  readonly row: ReachableRow;
  readonly connection: UpstreamConnection;
  readonly lists: UpstreamLists;
}

async function store(options: UpstreamOptions, look: Look, { row, connection, lists }: Found): Promise<void> {
  const { tenantId, toolId, fence } = look;
  const { tools, refused } = await definitionsOf(lists.tools);
  const info = connection.client.getServerVersion();
  const listed = listedOf(lists);
  const base = named(row.service, tools);
  const others = await options.database.tenant(tenantId, (tx) => selectOtherTools(tx, toolId));
  const instructions = connection.client.getInstructions();
  const findings = await screenLists({ ...lists, instructions }, others);
  await options.catalogue.change(tenantId, () =>
    options.database.tenant(tenantId, async (tx) => {
      const before = await lockUpstream(tx, toolId, fence);
      if (before === undefined) throw new MeshError('stale_fence', 'Somebody else follows this server by now.');
      // Tells of tools by itself, those included that wait for somebody to accept them.
      const tool = { id: toolId, name: row.service };
      await applyDefinitions(options, tx, { tool, base, actor: 'system:tools', baseUrl: row.baseUrl });
      const after = await updateSeen(tx, {
        toolId,
        fence,
        transport: connection.transport,
        protocolVersion: connection.protocolVersion.slice(0, 64),
        capabilities: boundedCapabilities(connection.capabilities),
        instructions: instructionsOf(connection),
        title: cleanText(info?.title ?? info?.name ?? row.service, 120) || row.service,
        version: cleanText(info?.version ?? '', 64),
        refused: refused.slice(0, 200),
        findings,
        ...listed,
        nextLookSeconds,
      });
      await tellFindings(options.notifications, tx, { service: row.service, before: before.findings, findings });
      await tell(options, tx, { row, before, lists: changedLists(before, after) });
    }),
  );
}

function named(service: string, tools: readonly ReadTool[]): readonly ReadTool[] {
  const names = nameTools(
    service,
    tools.map(({ key }) => ({ operationId: key, method: 'mcp', path: key })),
    new Set(),
  );
  return tools.map((tool, index) => ({ ...tool, name: names[index] ?? '' }));
}

function instructionsOf({ client }: UpstreamConnection): string | null {
  const instructions = client.getInstructions();
  return instructions === undefined ? null : cleanText(instructions, 4_000);
}

/** What a server says it can do, without the rest that it may say there. */
function boundedCapabilities(capabilities: object): object {
  const known = ['tools', 'resources', 'prompts', 'completions', 'logging'] as const;
  const flags = (value: unknown): object =>
    Object.fromEntries(
      Object.entries(value ?? {})
        .filter(([, flag]) => typeof flag === 'boolean')
        .slice(0, 10),
    );
  return Object.fromEntries(
    known
      .filter((name) => name in capabilities)
      .map((name) => [name, flags((capabilities as Record<string, unknown>)[name])]),
  );
}

/** Which lists besides tools changed. */
function changedLists(before: ListsBefore, after: ListsBefore | undefined): readonly string[] {
  return [
    ...(before.resources === after?.resources ? [] : ['resources']),
    ...(before.prompts === after?.prompts ? [] : ['prompts']),
  ];
}

interface Telling {
  readonly row: ReachableRow;
  readonly before: ListsBefore;
  readonly lists: readonly string[];
}

async function tell(
  { events }: UpstreamOptions,
  tx: Parameters<UpstreamOptions['events']['publish']>[0],
  { row, before, lists }: Telling,
): Promise<void> {
  if (lists.length === 0 && before.state === 'connected') return;
  const what = lists.length === 0 ? 'is reached again' : `lists other ${lists.join(', ')}`;
  await events.publish(tx, {
    type: 'tool.changed',
    subjectId: row.toolId,
    summary: `${row.service} ${what}`,
    data: { name: row.service, state: 'connected', lists },
  });
}
