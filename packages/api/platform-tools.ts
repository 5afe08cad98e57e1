import { batchTool } from './batch-tool.ts';
import { operationTools, type PlatformTool } from './mcp.ts';

/** The platform's own tools: those that the operations give, and the one that carries out others. */
export const platformTools: readonly PlatformTool[] = [...operationTools, batchTool];
