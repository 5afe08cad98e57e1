import { MeshError, toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { selectReport, updateReading } from '../store-readings.ts';
import { openSource } from '../import-source.ts';
import { noTool } from '../no-tool.ts';
import type { DocumentReader, ReadDocument } from '../reading/document-reader.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import { selectOtherTools } from '../screening/store.ts';
import { tellFindings } from '../screening/tell-findings.ts';
import { applyDefinitions, type Applied } from './apply-definitions.ts';
import { fetchAgain, unknown, type FoundDocument, type Validators } from './fetch-again.ts';
import type { DriftOptions } from './options.ts';
import { claimRefresh, endRefresh, holdsRefresh, selectRefresh, type ClaimedRefresh } from './store-refreshes.ts';

/** Which service is looked at. */
export interface Refreshing {
  readonly tenantId: string;
  readonly toolId: string;
  /** Who asked for it. */
  readonly actor: Parameters<typeof applyDefinitions>[2]['actor'];
  /** Only where its time has come and nobody else is at it: otherwise nothing happens. */
  readonly onlyWhenDue?: boolean;
  /** The new version; absent: what its address answers. */
  readonly document?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const unchanged: Applied = { outcome: 'unchanged', added: 0, changed: 0, removed: 0, waiting: 0 };

/** Looks whether the definitions of a service changed and takes over what may be. What cannot be read changes nothing. */
export async function refreshTool(
  options: DriftOptions,
  reader: DocumentReader,
  refreshing: Refreshing,
): Promise<Applied | undefined> {
  const { tenantId, toolId, onlyWhenDue = false } = refreshing;
  const claim = await options.database.tenant(tenantId, async (tx) => {
    if ((await selectRefresh(tx, toolId)) === undefined) throw noTool(toolId);
    return claimRefresh(tx, toolId, onlyWhenDue);
  });
  if (claim === undefined && onlyWhenDue) return undefined;
  if (claim === undefined) throw new MeshError('conflict', 'The service is being looked at already.');
  try {
    return await look(options, reader, { refreshing, claim });
  } catch (error) {
    const { code, message } = toMeshError(error);
    const reason = `${code}: ${message}`.slice(0, 1_000);
    const ended = { toolId, fence: claim.fence, outcome: 'failed', reason } as const;
    await options.database.tenant(tenantId, (tx) => endRefresh(tx, ended));
    throw error;
  }
}

interface Looking {
  readonly refreshing: Refreshing;
  readonly claim: ClaimedRefresh;
}

async function look(options: DriftOptions, reader: DocumentReader, looking: Looking): Promise<Applied> {
  const { refreshing, claim } = looking;
  const { tenantId, toolId, signal } = refreshing;
  const found = await find(options, looking);
  if (found === undefined) {
    const ended = { toolId, fence: claim.fence, outcome: 'unchanged' } as const;
    await options.database.tenant(tenantId, (tx) => endRefresh(tx, ended));
    return unchanged;
  }
  const { service, givenBaseUrl, serverVariables } = claim;
  const { load, ...source } = found.source;
  const others = await options.database.tenant(tenantId, (tx) => selectOtherTools(tx, toolId));
  const request = { service, baseUrl: givenBaseUrl ?? undefined, serverVariables, others, ...source };
  const document = await reader.read(request, signal, load);
  return store(options, looking, { document, validators: found.validators() });
}

/** The document as it is offered now; undefined where it is as it was. */
async function find({ fetch }: DriftOptions, { refreshing, claim }: Looking): Promise<FoundDocument | undefined> {
  const { document, signal } = refreshing;
  if (claim.kind !== 'openapi') throw new MeshError('conflict', 'The service has no document: its server is followed.');
  if (document !== undefined) {
    return { source: await openSource(fetch, { document }, signal), validators: () => unknown };
  }
  if (claim.sourceUrl === null) {
    throw new MeshError('conflict', 'The document of the service was uploaded: give its new version.');
  }
  return fetchAgain({ fetch, url: claim.sourceUrl, known: claim, signal });
}

interface Read {
  readonly document: ReadDocument;
  readonly validators: Validators;
}

function store(
  options: DriftOptions,
  { refreshing, claim }: Looking,
  { document, validators }: Read,
): Promise<Applied> {
  const { tenantId, toolId, actor } = refreshing;
  const { fence, service, baseUrl, givenBaseUrl, serverVariables } = claim;
  const work = async (tx: Tx): Promise<Applied> => {
    if (!(await holdsRefresh(tx, toolId, fence))) {
      throw new MeshError('stale_fence', 'Somebody else looks at the service by now.');
    }
    const base = placed(document, baseUrl);
    const applied = await applyDefinitions(options, tx, { tool: { id: toolId, name: service }, base, actor, baseUrl });
    const { findings: before = [] } = (await selectReport(tx, toolId)) ?? {};
    await tellFindings(options.notifications, tx, { service, before, findings: document.findings });
    await updateReading(tx, toolId, { baseUrl: givenBaseUrl ?? undefined, serverVariables, report: document });
    await endRefresh(tx, { toolId, fence, outcome: applied.outcome, ...validators });
    return applied;
  };
  return options.catalogue.change(tenantId, () => options.database.tenant(tenantId, work));
}

/** The service stays where it is: what its document sends elsewhere now is told as the server of each tool. */
function placed({ head, tools }: ReadDocument, baseUrl: string): readonly ReadTool[] {
  if (head.baseUrl === baseUrl) return tools;
  return tools.map((tool) => ({ ...tool, server: tool.server ?? head.baseUrl }));
}
