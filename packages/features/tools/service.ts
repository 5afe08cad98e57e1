import { systemClock, type Service } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, type Page } from '../paging.ts';
import { allowedTools } from './allowed-tools.ts';
import { createCatalogue, type Catalogue } from './catalogue.ts';
import { callTool, type ToolCall } from './call-tool.ts';
import { createToolDrift, type ToolDrift } from './drift/service.ts';
import { createDriftWorker } from './drift/worker.ts';
import { createExposedResources, type ExposedResources } from './exposed-resources/service.ts';
import { createToolShaping, type ToolShaping } from './definitions/shaping-service.ts';
import { createHttpSource } from './calling/http-source.ts';
import type { CallResult } from './calling/present-answer.ts';
import { createArgumentValidator } from './calling/validate-arguments.ts';
import { createToolCredentials, type ToolCredentials } from './credentials/service.ts';
import { selectReport } from './store-readings.ts';
import { importTool, type ImportedTool, type ImportRequest } from './import-tool.ts';
import { createDiscover, type Discover } from './discovery/discover.ts';
import { noTool } from './no-tool.ts';
import { createToolPacks, type ToolPacks } from './packs/service.ts';
import type { ToolsOptions } from './options.ts';
import { createCallRecorder } from './record-calls.ts';
import { createToolProbes, type ToolProbes } from './probes/service.ts';
import { createToolExecution, type ToolExecution } from './resilience/execution.ts';
import { createResults, type ResultStore } from './results/result-store.ts';
import { createToolSets, type ToolSets } from './sets/service.ts';
import { openSetView } from './sets/set-view.ts';
import { createUpstreamServers, type UpstreamServers } from './upstream-mcp/service.ts';
import { createToolDirectory, type ToolDirectory } from './tool-directory.ts';
import { createToolUsage, type ToolUsage } from './usage/service.ts';
import { createUsageCounter } from './usage/usage-counter.ts';
import { createToolFinding, type ToolFinding } from './finding/service.ts';
import { createDocumentReader } from './reading/document-reader.ts';
import type { ReadReport } from './reading/reader-messages.ts';
import { deleteTool, selectTools, selectUsersOfProviders, type OperationRow, type ToolRow } from './store.ts';

interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface CatalogueRequest extends PageRequest {
  /** Only the tools of this set, under the names that it shows. */
  readonly set?: string | undefined;
}

/** Services imported from OpenAPI documents, and the MCP tools that their operations are. */
export interface Tools {
  /** Imports a document; `commit` runs in the same transaction. Stores nothing where it throws. */
  import(
    principal: Principal,
    request: ImportRequest,
    commit: (tx: Tx, imported: ImportedTool) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<ImportedTool>;
  /** What of the document of a service did not become tools, or not whole. */
  report(principal: Principal, toolId: string): Promise<ReadReport>;
  /** By name. */
  list(principal: Principal, page: PageRequest): Promise<Page<ToolRow>>;
  delete(principal: Principal, toolId: string): Promise<void>;
  /** Those that the principal may call, by name, bytewise. */
  catalogue(principal: Principal, request: CatalogueRequest): Promise<Page<OperationRow>>;
  /** Calls a tool; an HTTP error of the service is a result, not an exception. */
  call(call: ToolCall): Promise<CallResult>;
  /** The names of the services whose calls use each of these OAuth providers. */
  usersOfProviders(tenantId: string, providerIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** What calls authenticate with. */
  readonly credentials: ToolCredentials;
  /** What the organization makes of the operations of its services. */
  readonly shaping: ToolShaping;
  readonly sets: ToolSets;
  /** Operations that route rules make resources. */
  readonly exposed: ExposedResources;
  readonly drift: ToolDrift;
  /** Looks at services again, and applies what has waited long enough. */
  readonly driftWorker: Service;
  /** Services as instances of what is known of providers. */
  readonly packs: ToolPacks;
  readonly discover: Discover;
  /** Looks at services: whether they answer, and what their credentials may do. */
  readonly probes: ToolProbes;
  readonly finding: ToolFinding;
  /** How calls of services are carried out. */
  readonly execution: ToolExecution;
  /** How tools are used, and what that costs. */
  readonly usage: ToolUsage;
  /** Services that are MCP servers of others. */
  readonly upstreams: UpstreamServers;
  /** Large results of calls, for a day. */
  readonly results: ResultStore;
  /** What explanations of decisions ask. */
  readonly directory: ToolDirectory;
  close(): Promise<void>;
}

const servicePosition = /^[a-z][a-z0-9_]{0,23}$/u;
const namePosition = /^[a-zA-Z0-9_-]{1,64}$/u;

/** Builds the tools feature: read down to see which room stands on which. */
export function createTools(given: ToolsOptions): Tools {
  const clock = given.clock ?? systemClock;
  const reader = given.reader ?? createDocumentReader({ log: given.telemetry.log });
  const catalogue = createCatalogue(given);
  const options = { ...given, clock, reader, catalogue };
  const results = createResults(options);
  const upstreams = createUpstreamServers(options);
  const counter = createUsageCounter({ database: options.database, clock, log: options.telemetry.log });
  const recorder = createCallRecorder(options);
  const calling = {
    options,
    catalogue,
    usage: counter,
    recorder,
    validator: createArgumentValidator(options.telemetry),
    sources: { openapi: createHttpSource({ ...options, results }), mcp: upstreams.source },
  };
  const call: Tools['call'] = (one) => callTool(calling, one);
  const importing: Tools['import'] = (principal, request, commit, signal) =>
    importTool(options, reader, { principal, request, commit, signal });
  return {
    ...readable(options),
    import: importing,
    delete: (principal, toolId) => remove(options, principal, toolId),
    call,
    credentials: createToolCredentials(options),
    shaping: createToolShaping(options),
    sets: createToolSets(options),
    exposed: createExposedResources({ ...options, call }),
    drift: createToolDrift(options, reader),
    driftWorker: createDriftWorker(options, reader),
    probes: createToolProbes(options),
    discover: createDiscover(options),
    packs: createToolPacks({ ...options, import: importing }),
    finding: createToolFinding(options),
    execution: createToolExecution(options),
    usage: createToolUsage({ ...options, counter }),
    directory: createToolDirectory(options),
    results,
    upstreams,
    close: async () => {
      await upstreams.close();
      await recorder.close();
      await counter.close();
      await catalogue.close();
    },
  };
}

interface ReadableOptions extends ToolsOptions {
  readonly catalogue: Catalogue;
}

/** What is read of services and their tools. */
function readable(options: ReadableOptions): Pick<Tools, 'report' | 'list' | 'catalogue' | 'usersOfProviders'> {
  const { database, catalogue, policy } = options;
  return {
    report: async (principal, toolId) => {
      const report = await database.tenant(principal.tenantId, (tx) => selectReport(tx, toolId));
      if (report === undefined) throw noTool(toolId);
      return report;
    },
    list: async (principal, { cursor, limit }) => {
      const after = readCursor(cursor, servicePosition);
      const rows = await database.tenant(principal.tenantId, (tx) => selectTools(tx, after, limit));
      return cutPage(rows, limit, nameOf, (row) => row);
    },
    catalogue: async (principal, { cursor, limit, set }) => {
      const after = readCursor(cursor, namePosition);
      const view = set === undefined ? undefined : await openSetView(database, principal.tenantId, set);
      const within = view === undefined ? undefined : (tool: OperationRow) => view.has(tool);
      const page = await allowedTools({ catalogue, policy }, principal, { after, limit, within });
      return view === undefined ? page : { ...page, items: [...(await view.shown(page.items))] };
    },
    usersOfProviders: async (tenantId, providerIds) => {
      const rows = await database.tenant(tenantId, (tx) => selectUsersOfProviders(tx, providerIds));
      return new Map(providerIds.map((id) => [id, namesOf(rows.filter((row) => row.providerId === id))]));
    },
  };
}

function namesOf(rows: readonly { readonly name: string }[]): readonly string[] {
  return rows.map(nameOf);
}

function nameOf(row: { readonly name: string }): string {
  return row.name;
}

async function remove(
  { database, catalogue, audit, events }: ToolsOptions & { readonly catalogue: Catalogue },
  principal: Principal,
  toolId: string,
): Promise<void> {
  const work = async (tx: Tx): Promise<void> => {
    const name = await deleteTool(tx, toolId);
    if (name === undefined) throw noTool(toolId);
    await audit.record(tx, { actor: actorOf(principal), action: 'tools.delete', subject: toolId, detail: { name } });
    await events.publish(tx, {
      type: 'tool.deleted',
      subjectId: toolId,
      summary: `${name} and its tools were removed`,
      // What else the service had is gone too.
      data: { name, lists: ['tools', 'resources', 'prompts'] },
    });
  };
  await catalogue.change(principal.tenantId, () => database.tenant(principal.tenantId, work));
}
