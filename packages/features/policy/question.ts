import type { Operation } from '@devmesh/api';

/** What a call does to the other side. */
export type Effect = 'read' | 'write' | 'destructive';

/** A tool of an imported service, as decisions see it. */
export interface ToolResource {
  readonly kind: 'tool';
  readonly name: string;
  /** The name of the service. */
  readonly service: string;
  readonly tags: readonly string[];
  readonly effect: Effect;
  /** Of HTTP. */
  readonly method: string;
  readonly host: string;
}

/** An operation of the platform, as decisions see it. */
interface OperationResource {
  readonly kind: 'operation';
  readonly operation: Operation;
}

/** What can be asked about. */
export type Resource = ToolResource | OperationResource;

/** A question to the one decision. */
export interface Question {
  readonly resource: Resource;
  /** The arguments of a call; absent in the question of a list, which hides nothing that depends on them. */
  readonly arguments?: unknown;
}

/** The effect of an operation of the platform, by its method and by what it tells MCP clients. */
export function effectOfOperation({ method, mcp }: Operation): Effect {
  if (mcp?.destructive === true || method === 'DELETE') return 'destructive';
  return method === 'GET' || mcp?.readOnly === true ? 'read' : 'write';
}

/** The effect of a tool, by the annotations that it shows to MCP clients. */
export function effectOfTool(annotations: {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
}): Effect {
  if (annotations.readOnlyHint) return 'read';
  return annotations.destructiveHint ? 'destructive' : 'write';
}
