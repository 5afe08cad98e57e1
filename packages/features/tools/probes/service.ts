import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../../identity/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { noTool } from '../no-tool.ts';
import type { ToolsOptions } from '../options.ts';
import { packOf } from '../packs/packs.ts';
import { checkHealth, type HealthCheck } from './health-check.ts';
import { askService, type ProbedTool } from './organization-request.ts';
import { probePermissions, type PermissionFinding } from './permission-probe.ts';
import {
  applyLacking,
  claimProbe,
  countLacking,
  insertCheck,
  releaseProbe,
  selectChecks,
  selectDue,
  selectPermissions,
  selectPermitted,
  selectProbedTool,
  selectTenantsWithDue,
  type ClaimedProbe,
  type KnownPermissions,
  type PastCheck,
} from './store-probes.ts';

/** How a service is, and was. */
export interface ToolHealth {
  readonly checks: readonly PastCheck[];
  readonly permissions: KnownPermissions | undefined;
  readonly lacking: readonly { readonly reason: string; readonly operations: number }[];
}

/** Looks at services: whether they answer, and what their stored credentials may do. */
export interface ToolProbes {
  health(principal: Principal, toolId: string, limit: number): Promise<ToolHealth>;
  /** Looks now; throws `invalid_state` where somebody looks already, or there is nothing to ask. */
  probe(principal: Principal, toolId: string, signal?: AbortSignal): Promise<ToolHealth>;
  /** Looks at what is due, in all organizations; how many looks failed on our side. */
  sweep(signal: AbortSignal): Promise<{ readonly looked: number; readonly failed: number }>;
}

interface ProbesOptions extends ToolsOptions {
  readonly catalogue: Pick<Catalogue, 'change'>;
}

const everySeconds = 300;
const permissionsEverySeconds = 86_400;
/** After a look at a credential that came to nothing. */
const permissionsAgainSeconds = 900;
const tenantsAtOnce = 50;
const toolsAtOnce = 20;

/** Builds it. */
export function createToolProbes(options: ProbesOptions): ToolProbes {
  const { database } = options;
  const read = (principal: Principal, toolId: string, limit: number): Promise<ToolHealth> =>
    database.tenant(principal.tenantId, async (tx) => {
      if ((await selectProbedTool(tx, toolId)) === undefined) throw noTool(toolId);
      const checks = await selectChecks(tx, toolId, limit);
      return { checks, permissions: await selectPermissions(tx, toolId), lacking: await countLacking(tx, toolId) };
    });
  return {
    health: read,
    probe: async (principal, toolId, signal) => {
      await lookNow(options, principal, toolId, signal);
      return read(principal, toolId, 20);
    },
    sweep: (signal) => sweep(options, signal),
  };
}

async function lookNow(
  options: ProbesOptions,
  principal: Principal,
  toolId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { tenantId } = principal;
  const claimed = await options.database.tenant(tenantId, async (tx) => {
    const tool = await selectProbedTool(tx, toolId);
    if (tool === undefined) throw noTool(toolId);
    if (tool.kind !== 'openapi')
      throw new MeshError('invalid_state', 'The state of an MCP server is shown with the server.');
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'tools.probe',
      subject: toolId,
      detail: { name: tool.name },
    });
    return claimProbe(tx, toolId);
  });
  if (claimed === undefined) throw new MeshError('invalid_state', 'The service is being looked at already.');
  await look(options, tenantId, { ...claimed, permissionsDue: true }, signal);
}

/** One look at one service: asked outside of any transaction, stored in one. */
async function look(
  options: ProbesOptions,
  tenantId: string,
  { tool, fence, permissionsDue }: ClaimedProbe,
  signal?: AbortSignal,
): Promise<void> {
  const check = await checkHealth(options, tenantId, tool, signal);
  const finding = permissionsDue ? await findPermissions(options, tenantId, tool, { check, signal }) : undefined;
  const work = (tx: Tx): Promise<void> => store(options, tx, { tool, fence, check, finding });
  const changes = finding !== undefined;
  await (changes
    ? options.catalogue.change(tenantId, () => options.database.tenant(tenantId, work))
    : options.database.tenant(tenantId, work));
}

interface Finding {
  readonly tool: ProbedTool;
  readonly fence: string;
  readonly check: HealthCheck;
  readonly finding: PermissionFinding | undefined;
}

async function store(
  { newId, events }: ProbesOptions,
  tx: Tx,
  { tool, fence, check, finding }: Finding,
): Promise<void> {
  const permissions =
    finding === undefined
      ? undefined
      : { status: finding.status, reason: reasonOf(finding), nextSeconds: againAfter(finding) };
  // Who lost the lease brings what may be older than what another stored.
  if (!(await releaseProbe(tx, { toolId: tool.id, fence, nextSeconds: everySeconds, permissions }))) return;
  await insertCheck(tx, { ...check, toolId: tool.id, id: newId() });
  if (finding === undefined || finding.status === 'failed') return;
  // What is not known hides nothing, whatever an earlier credential lacked.
  const lacking = finding.status === 'known' ? finding.lacking : new Map<string, string>();
  if ((await applyLacking(tx, tool.id, lacking)) === 0) return;
  const summary = `The credential of ${tool.name} does not allow ${String(lacking.size)} of its operations`;
  await events.publish(tx, { type: 'tool.changed', subjectId: tool.id, summary, data: {} });
}

function reasonOf(finding: PermissionFinding): string | null {
  return finding.status === 'known' ? null : finding.reason.slice(0, 500);
}

function againAfter({ status }: PermissionFinding): number {
  return status === 'failed' ? permissionsAgainSeconds : permissionsEverySeconds;
}

interface Looking {
  readonly check: HealthCheck;
  readonly signal: AbortSignal | undefined;
}

/** What the organization's credential may do; nothing is hidden for what is not known. */
async function findPermissions(
  options: ProbesOptions,
  tenantId: string,
  tool: ProbedTool,
  { check, signal }: Looking,
): Promise<PermissionFinding> {
  const permissions = tool.pack === null ? undefined : packOf(tool.pack)?.permissions;
  if (permissions === undefined)
    return { status: 'unknown', reason: 'Nothing tells what a credential of this service may do.' };
  if (check.status === 'failed') return { status: 'failed', reason: check.reason ?? 'The service does not answer.' };
  const operations = await options.database.tenant(tenantId, (tx) => selectPermitted(tx, tool.id));
  const ask = (path: string, review?: string): ReturnType<typeof askService> =>
    askService(options, { tenantId, tool, path, signal, ...(review === undefined ? {} : { review }) });
  try {
    return await probePermissions(permissions, ask, operations);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof MeshError)) throw error;
    return { status: 'failed', reason: error.message };
  }
}

async function sweep(
  options: ProbesOptions,
  signal: AbortSignal,
): Promise<{ readonly looked: number; readonly failed: number }> {
  const { database, telemetry } = options;
  const tenants = await database.system('sweep', (tx) => selectTenantsWithDue(tx, tenantsAtOnce));
  const counts = { looked: 0, failed: 0 };
  for (const tenantId of tenants) {
    const due = await database.tenant(tenantId, (tx) => selectDue(tx, toolsAtOnce));
    for (const toolId of due) {
      if (signal.aborted) return counts;
      const outcome = await lookIfFree(options, { tenantId, toolId, signal }).catch((error: unknown) => {
        if (!signal.aborted) telemetry.log.error('a look at a service failed', error, { 'devmesh.tenant': tenantId });
        return 'failed' as const;
      });
      if (outcome !== 'taken' && !signal.aborted) counts[outcome] += 1;
    }
  }
  return counts;
}

interface Due {
  readonly tenantId: string;
  readonly toolId: string;
  readonly signal: AbortSignal;
}

async function lookIfFree(options: ProbesOptions, { tenantId, toolId, signal }: Due): Promise<'looked' | 'taken'> {
  const claimed = await options.database.tenant(tenantId, (tx) => claimProbe(tx, toolId));
  if (claimed === undefined) return 'taken';
  await look(options, tenantId, claimed, signal);
  return 'looked';
}
