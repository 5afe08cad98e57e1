import type { Service } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Principal } from '../../identity/index.ts';
import type { ToolSource } from '../calling/source.ts';
import type { Catalogue } from '../catalogue.ts';
import { noTool } from '../no-tool.ts';
import type { ToolsOptions } from '../options.ts';
import { selectTool, type ToolRow } from '../store.ts';
import { changeChannel, changePayload } from './bell.ts';
import { createCallDesk, type CallDesk } from './call-desk.ts';
import { createMcpSource } from './mcp-source.ts';
import { createOfferings, type Offerings } from './offerings.ts';
import { openUpstream } from './open-upstream.ts';
import type { UpstreamOptions } from './options.ts';
import { createUpstreamPool } from './pool.ts';
import { registerUpstream, type McpRegistration } from './register.ts';
import type { StdioRules } from './stdio/program.ts';
import { selectUpstreams, type UpstreamRow } from './store.ts';
import { createUpdates } from './updates.ts';
import { createUpstreamWatch } from './watch.ts';

/** A service, and how its MCP server is where it is one. */
export interface ShownTool {
  readonly tool: ToolRow;
  readonly upstream: UpstreamRow | undefined;
}

/** Services that are MCP servers of others. */
export interface UpstreamServers {
  /** Registers a server and looks at it. */
  register(principal: Principal, registration: McpRegistration, signal?: AbortSignal): Promise<ShownTool>;
  show(principal: Principal, toolId: string): Promise<ShownTool>;
  /** Calls of their tools. */
  readonly source: ToolSource;
  /** Their resources and prompts. */
  readonly offerings: Offerings;
  /** The questions that services ask during calls. */
  readonly calls: CallDesk;
  /** Follows the servers that nobody else follows; any number of processes may run it. */
  readonly watch: Service;
  close(): Promise<void>;
}

interface ServersOptions extends ToolsOptions {
  readonly catalogue: Catalogue;
  readonly clock: UpstreamOptions['clock'];
}

/** What an operator who says nothing of programs allows. */
const noPrograms: StdioRules = { commands: [], processesPerTenant: 0, megabytes: 1_024 };
const sweepMilliseconds = 30_000;

/** Builds the relaying of MCP servers. */
export function createUpstreamServers(options: ServersOptions): UpstreamServers {
  const { clock, stdio = noPrograms, bell } = options;
  const updates = createUpdates(options);
  const pool = createUpstreamPool({
    clock,
    processesPerTenant: stdio.processesPerTenant,
    open: (target, declared) =>
      openUpstream(
        { ...options, stdio },
        {
          target,
          declared,
          onListChanged: () => void bell.ring(changeChannel, changePayload(target)),
          onResourceUpdated: (uri) => updates.heard(target, uri),
        },
      ),
  });
  const all: UpstreamOptions = { ...options, stdio, pool };
  const sweeping = setInterval(() => pool.sweep(), sweepMilliseconds);
  sweeping.unref();
  const calls = createCallDesk(options);
  const watch = createUpstreamWatch(all);
  return {
    register: async (principal, registration, signal) => {
      const { toolId } = await registerUpstream(all, principal, registration, signal);
      await bell.ring(changeChannel, changePayload({ tenantId: principal.tenantId, toolId }));
      return show(options, principal, toolId);
    },
    show: (principal, toolId) => show(options, principal, toolId),
    source: createMcpSource(all),
    offerings: createOfferings(all),
    calls,
    watch,
    close: async () => {
      clearInterval(sweeping);
      await calls.close();
      await pool.close();
    },
  };
}

async function show({ database }: ServersOptions, { tenantId }: Principal, toolId: string): Promise<ShownTool> {
  return database.tenant(tenantId, async (tx: Tx) => {
    const tool = await selectTool(tx, toolId);
    if (tool === undefined) throw noTool(toolId);
    const [upstream] = await selectUpstreams(tx, [toolId]);
    return { tool, upstream };
  });
}
