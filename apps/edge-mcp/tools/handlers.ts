import { batchTool, operations, type PlatformTool } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type {
  Content,
  InputRequired,
  ObjectSchema,
  RequestContext,
  Session,
  Tool,
  ToolHandlers,
  ToolResult,
} from '@devmesh/mcp';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';
import { relayCall } from '../relay/relay-call.ts';
import { untrusted } from '../relay/untrusted.ts';
import { runBatch } from './batch.ts';
import { modeOf } from '../sessions/mode.ts';
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
    const tools = [...own, ...page.items.map(presentImported)];
    const searches = allowed.has(operations.tools.searchTools.id);
    if (searches && isTooLong(session, { tools, nextCursor: page.nextCursor }))
      return { tools: [...own, ...(await pinnedTools(principal, signal))] };
    return { tools, nextCursor: page.nextCursor };
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

/** Editors refuse lists, or leave out what is beyond so many: of a longer one they get what finds the others, and what is pinned. */
const mostInEditors = 128;

interface FirstPage {
  readonly tools: readonly Tool[];
  readonly nextCursor?: string | undefined;
}

function isTooLong(session: EdgeSession, { tools, nextCursor }: FirstPage): boolean {
  if (modeOf(session) !== 'ide' || session.principal.set !== undefined) return false;
  return nextCursor !== undefined || tools.length > mostInEditors;
}

function present(tool: PlatformTool, session: EdgeSession): Tool {
  return {
    name: spell(tool.name, styleOf(session.transport, session.principal.names)),
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

async function callOwn(
  session: EdgeSession,
  { tool, args, context: received }: OwnCall,
): Promise<ToolResult | InputRequired> {
  // What headers repeat are arguments of this tool, not of those that it calls.
  const context = { ...received, mirrored: undefined };
  if (!(await showsPlatformTools(session.principal, context.signal))) {
    throw new MeshError('not_found', `There is no tool ${tool.name} in this tool set.`);
  }
  if (!isShown(tool, session.principal))
    throw new MeshError('not_found', `There is no tool ${tool.name} in a tool set.`);
  if (tool === batchTool) {
    return runBatch(args, { context, call: (call, of) => toolHandlers.call(session, call, of) });
  }
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

async function callImported(
  session: EdgeSession,
  { name, args, context }: ImportedCall,
): Promise<ToolResult | InputRequired> {
  const result = await relayCall(session, { name, args, context });
  if ('resultType' in result) return result;
  return {
    _meta: untrusted({ tool: name }),
    isError: result.isError,
    content: result.content as readonly Content[],
    ...(result.structured === undefined ? {} : { structuredContent: result.structured }),
  };
}
