import { batchTool, operations, type PlatformTool, type ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { ObjectSchema, Tool } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';

/** Tools by which all others are found, read and called. */
const metaOperations: ReadonlySet<string> = new Set([
  operations.tools.searchTools.id,
  operations.tools.describeTool.id,
  operations.tools.callTool.id,
]);

/** Whether a session has a platform's tool: what reaches every tool of the organization is not in a tool set. */
export function isShown(tool: PlatformTool, { set }: EdgePrincipal): boolean {
  // Each call of a batch is one in the set, so it reaches nothing else.
  return set === undefined || tool === batchTool || !metaOperations.has(tool.operation.id);
}

/** The tools that stay beside the meta tools. */
export async function pinnedTools({ client }: EdgePrincipal, signal: AbortSignal): Promise<readonly Tool[]> {
  const { items } = await client.tools.listPinnedTools({}, { signal });
  return items.map(({ service: _service, ...tool }) => presentImported(tool));
}

type ImportedTool = ResponseOf<typeof operations.tools.catalogue>['items'][number];

/** A tool of an imported service as MCP lists it. */
export function presentImported(tool: ImportedTool): Tool {
  return {
    ...tool,
    inputSchema: tool.inputSchema as ObjectSchema,
    outputSchema: tool.outputSchema as ObjectSchema | undefined,
  };
}

interface MetaCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** The call that the arguments of the meta tool ask for. */
export function readMetaCall(tool: PlatformTool, args: Readonly<Record<string, unknown>>): MetaCall {
  tool.toInput(args);
  const { name, arguments: given = {} } = args;
  if (typeof name !== 'string' || name === '') throw wrong('name', 'must be the name of a tool');
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw wrong('arguments', 'must be an object that fits the inputSchema of the tool');
  }
  return { name, arguments: given as MetaCall['arguments'] };
}

function wrong(path: string, message: string): MeshError {
  return new MeshError('invalid_request', `The argument ${path} ${message}.`, { issues: [{ path, message }] });
}
