import { MeshError, silentTelemetry } from '@devmesh/foundation';
import { createMcpEndpoint, createStreamableHttpTransport, type McpEndpoint, type ToolHandlers } from '@devmesh/mcp';
import { serveFetch, type Served } from '../serve-fetch.ts';
import { interactiveTools } from './interactive-tools.ts';
import { everyPrompt, everyResource } from './offerings.ts';
import { text, type EverythingTool } from './run.ts';
import { plainTools } from './tools.ts';

/** Starts the MCP server that has all that the conformance runner asks a server for, in every revision. */
export async function startEverything(): Promise<Served> {
  const endpoint: McpEndpoint<string> = createMcpEndpoint<string>({
    info: { name: 'everything', version: '1.0.0' },
    telemetry: silentTelemetry,
    ownerOf: (name) => name,
    handlers: {
      tools: toolsOf({ ...plainTools, ...interactiveTools, ...triggers(() => endpoint.sessions) }),
      resources: everyResource,
      prompts: everyPrompt,
      completions: { complete: async () => ({ completion: { values: [], total: 0, hasMore: false } }) },
      logging: { setLevel: async () => undefined },
    },
  });
  const http = createStreamableHttpTransport<string>({
    endpoint,
    telemetry: silentTelemetry,
    allowedOrigins: [],
    allowedHosts: ['127.0.0.1', 'localhost'],
    authenticate: async () => 'anybody',
    ownerOf: (name) => name,
  });
  const served = await serveFetch((request) => http.handle(request));
  return {
    url: served.url,
    close: async () => {
      await http.drain(100);
      await served.close();
    },
  };
}

function toolsOf(tools: Readonly<Record<string, EverythingTool>>): ToolHandlers<string> {
  const listed = Object.entries(tools).map(([name, { description, inputSchema }]) => ({
    name,
    description,
    inputSchema: { type: 'object' as const, ...inputSchema },
  }));
  return {
    list: async () => ({ tools: listed }),
    call: async (session, { name, arguments: given }, context) => {
      const tool = tools[name];
      if (tool === undefined) throw new MeshError('not_found', `There is no tool ${name}.`);
      return tool.run(given, context, session);
    },
  };
}

interface Told {
  notify(method: string): void;
}

/** Tools that tell whoever listens of a change. */
function triggers(sessions: () => Iterable<Told>): Readonly<Record<string, EverythingTool>> {
  const trigger = (list: string): EverythingTool => ({
    description: `Tells that the list of ${list} has changed.`,
    run: async () => {
      for (const session of sessions()) session.notify(`notifications/${list}/list_changed`);
      return text('Mutation triggered');
    },
  });
  return { test_trigger_tool_change: trigger('tools'), test_trigger_prompt_change: trigger('prompts') };
}
