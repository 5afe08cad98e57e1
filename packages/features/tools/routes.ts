import { operations, parseUpstreamAuthorization, upstreamAuthorizationHeader, type ResponseOf } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import { route, type Route } from '../routing.ts';
import { credentialRoutes } from './credentials/routes.ts';
import { findingRoutes } from './finding/routes.ts';
import { exposedResourceRoutes } from './exposed-resources/routes.ts';
import { driftRoutes } from './drift/routes.ts';
import { shapingRoutes } from './definitions/routes.ts';
import { discoveryRoutes } from './discovery/routes.ts';
import type { ImportedTool } from './import-tool.ts';
import type { Tools } from './service.ts';
import { packRoutes } from './packs/routes.ts';
import type { ReadReport } from './reading/reader-messages.ts';
import { probeRoutes } from './probes/routes.ts';
import { executionRoutes } from './resilience/routes.ts';
import { withAnswerOptions } from './results/call-options.ts';
import { resultRoutes } from './results/routes.ts';
import { toolSetRoutes } from './sets/routes.ts';
import type { OperationRow, ToolRow } from './store.ts';
import { usageRoutes } from './usage/routes.ts';
import { upstreamRoutes } from './upstream-mcp/routes.ts';
import { streamCall } from './upstream-mcp/stream-call.ts';

type ToolView = ResponseOf<typeof operations.tools.importTool>['tool'];
type McpToolView = ResponseOf<typeof operations.tools.catalogue>['items'][number];

/** The routes of tools. */
export function toolRoutes({ tools }: { readonly tools: Tools }): readonly Route[] {
  return [
    route(operations.tools.importTool, async ({ principal, body, signal, remember }) =>
      presentImported(
        await tools.import(principal, body, (tx, imported) => remember(tx, presentImported(imported)), signal),
      ),
    ),
    route(operations.tools.toolReport, async ({ principal, params }) => {
      return presentReport(await tools.report(principal, params.toolId));
    }),
    route(operations.tools.listTools, async ({ principal, query }) => {
      const page = await tools.list(principal, query);
      return { ...page, items: page.items.map(presentTool) };
    }),
    route(operations.tools.deleteTool, async ({ principal, params }) => {
      await tools.delete(principal, params.toolId);
      return undefined;
    }),
    ...credentialRoutes(tools),
    route(operations.tools.catalogue, async ({ principal, query }) => {
      const page = await tools.catalogue(principal, query);
      return { ...page, items: page.items.map(presentOperation) };
    }),
    ...executionRoutes(tools),
    ...usageRoutes(tools),
    ...findingRoutes(tools),
    ...shapingRoutes(tools),
    ...toolSetRoutes(tools),
    ...exposedResourceRoutes(tools),
    ...driftRoutes(tools),
    ...discoveryRoutes(tools),
    ...probeRoutes(tools),
    ...packRoutes({ packs: tools.packs, presentTool }),
    ...resultRoutes({ results: tools.results }),
    ...upstreamRoutes({ upstreams: tools.upstreams, presentTool }),
    route(operations.tools.callTool, async ({ principal, params, body, signal, header }) => {
      const authorization = header(upstreamAuthorizationHeader);
      const handedOver = authorization === null ? [] : parseUpstreamAuthorization(authorization);
      const { arguments: values, exchange, ...asked } = body;
      const call = { principal, name: params.name, ...asked, arguments: values, handedOver, signal };
      if (exchange === undefined || header('accept')?.includes('text/event-stream') !== true) return tools.call(call);
      return streamCall({
        principal,
        desk: tools.upstreams.calls,
        newId,
        exchange,
        signal,
        call: (exchanged, ended) => tools.call({ ...call, signal: ended, exchange: exchanged }),
      });
    }),
  ];
}

function presentImported({ tool, ...report }: ImportedTool): ResponseOf<typeof operations.tools.importTool> {
  return { tool: presentTool(tool), ...presentReport(report) };
}

function presentReport({ skipped, loosened, findings }: ReadReport): ResponseOf<typeof operations.tools.toolReport> {
  return { skipped: [...skipped], loosened: [...loosened], findings: [...findings] };
}

function presentTool({ sourceUrl, createdAt, ...tool }: ToolRow): ToolView {
  return { ...tool, createdAt: createdAt.toISOString(), ...(sourceUrl === null ? {} : { sourceUrl }) };
}

function presentOperation({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
  paged,
}: OperationRow): McpToolView {
  return {
    name,
    title,
    description,
    inputSchema: paged ? withAnswerOptions(inputSchema) : inputSchema,
    ...(outputSchema === null ? {} : { outputSchema }),
    annotations,
  };
}
