import { operations, type PlatformTool } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Content, ObjectSchema, RequestContext, Session, Tool, ToolHandlers, ToolResult } from '@devmesh/mcp';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';
import { relayCall } from '../relay/relay-call.ts';
import { spell, styleOf } from './names.ts';
import { isShown, pinnedTools, presentImported, readMetaCall } from './meta-tools.ts';
import { findPlatformTool, toolsOf } from './platform-tools.ts';
import { failure, structured } from './results.ts';
import { showsPlatformTools } from './tool-set.ts';

type EdgeSession = Session<EdgePrincipal>;
type Arguments = Readonly<Record<string, unknown>>;

/** Imported tools of one page. */
const pageSize = 200;

/** Answers `tools/list` and `tools/call`: the platform's own tools first, then those of the imported services. */
export const toolHandlers: ToolHandlers<EdgePrincipal> = {
  list: async (session, { cursor }, { signal }) => {
    const { principal } = session;
    const allowed = await allowedOperations(principal, signal);
    const withOwn = cursor === undefined && (await showsPlatformTools(principal, signal));
    const own = withOwn
      ? toolsOf(allowed)
          .filter((tool) => isShown(tool, principal))
          .map((tool) => present(tool, session))
      : [];
    if (!allowed.has(operations.tools.catalogue.id)) return { tools: own };
    if (principal.meta === true) return { tools: [...own, ...(await pinnedTools(principal, signal))] };
    const page = await principal.client.tools.catalogue(
      { query: { cursor, limit: pageSize, set: principal.set } },
      { signal },
    );
    return { tools: [...own, ...page.items.map(presentImported)], nextCursor: page.nextCursor };
  },
  call: async (session, { name, arguments: args }, context) => {
    const own = findPlatformTool(name);
    try {
      return own === undefined
        ? await callImported(session, { name, args, context })
        : await callOwn(session, { tool: own, args, context });
    } catch (error) {
      return failure(error);
    }
  },
};

function present(tool: PlatformTool, session: EdgeSession): Tool {
  return {
    name: spell(tool.name, styleOf(session.transport)),
    title: tool.title,
    description: tool.description,
    inputSchema: tool.inputSchema as ObjectSchema,
    outputSchema: tool.outputSchema as ObjectSchema | undefined,
    annotations: tool.annotations,
  };
}

interface OwnCall {
  readonly tool: PlatformTool;
  readonly args: Arguments;
  readonly context: RequestContext;
}

async function callOwn(session: EdgeSession, { tool, args, context }: OwnCall): Promise<ToolResult> {
  if (!(await showsPlatformTools(session.principal, context.signal))) {
    throw new MeshError('not_found', `There is no tool ${tool.name} in this tool set.`);
  }
  if (!isShown(tool, session.principal))
    throw new MeshError('not_found', `There is no tool ${tool.name} in a tool set.`);
  if (tool.operation.id === operations.tools.callTool.id) {
    const { name, arguments: given } = readMetaCall(tool, args);
    return callImported(session, { name, args: given, context });
  }
  const result = await session.principal.client.call(tool.operation, tool.toInput(args), { signal: context.signal });
  return structured(result as Record<string, unknown>);
}

interface ImportedCall {
  readonly name: string;
  readonly args: Arguments;
  readonly context: RequestContext;
}

async function callImported(session: EdgeSession, { name, args, context }: ImportedCall): Promise<ToolResult> {
  const result = await relayCall(session, { name, args, context });
  return {
    isError: result.isError,
    content: result.content as readonly Content[],
    ...(result.structured === undefined ? {} : { structuredContent: result.structured }),
  };
}
