import { MeshError } from '@devmesh/foundation/errors';
import { z } from 'zod';
import { allOperations } from './operations.ts';
import type { Operation } from './operation.ts';

type JsonObject = Record<string, unknown>;
type Texts = Record<string, string | number | boolean | undefined>;

/** An operation of the table as an MCP tool. */
export interface PlatformTool {
  /** Dotted name, `devmesh.<noun>.<verb>`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  /** Absent where the answer is that of another tool. */
  readonly outputSchema: JsonObject | undefined;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  readonly operation: Operation;
  /** Sorts the arguments of a call into path, query and body; throws `invalid_request` for one it does not know. */
  readonly toInput: (args: Readonly<JsonObject>) => { params: Texts; query: Texts; body: JsonObject };
}

/** The tools that the table gives, in table order. */
export const operationTools: readonly PlatformTool[] = allOperations
  .filter((operation) => operation.mcp !== undefined)
  .map(toTool);

function toTool(operation: Operation): PlatformTool {
  const face = operation.mcp;
  if (face === undefined || operation.response === undefined) {
    throw new Error(`${operation.id} cannot be an MCP tool: it needs a response`);
  }
  const takes = (shape: Record<string, z.ZodType>): Record<string, z.ZodType> =>
    Object.fromEntries(Object.entries(shape).filter(([name]) => face.takes?.includes(name) ?? true));
  const shapes = {
    params: takes(shapeOf(operation.params)),
    query: takes(shapeOf(operation.query)),
    body: takes(shapeOf(operation.body)),
  };
  const input = z.strictObject({ ...shapes.params, ...shapes.query, ...shapes.body });
  return {
    name: face.tool,
    title: operation.summary,
    description: [operation.summary, operation.description].filter((text) => text !== undefined).join('. '),
    inputSchema: toSchema(input, 'input'),
    outputSchema: face.relays === true ? undefined : toSchema(operation.response, 'output'),
    annotations: {
      readOnlyHint: face.readOnly,
      destructiveHint: face.destructive ?? false,
      idempotentHint: face.idempotent ?? face.readOnly,
      openWorldHint: face.relays ?? false,
    },
    operation,
    toInput: (args) => {
      refuseUnknown(args, Object.keys(input.shape));
      return {
        params: pick(args, shapes.params) as Texts,
        query: pick(args, shapes.query) as Texts,
        body: pick(args, shapes.body),
      };
    },
  };
}

function refuseUnknown(args: Readonly<JsonObject>, known: readonly string[]): void {
  const unknown = Object.keys(args).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new MeshError('invalid_request', `Unknown argument: ${unknown.join(', ')}. Known are: ${known.join(', ')}.`, {
    issues: unknown.map((path) => ({ path, message: 'is not an argument of this tool' })),
  });
}

function shapeOf(schema: z.ZodType | undefined): Record<string, z.ZodType> {
  if (schema === undefined) return {};
  if (schema instanceof z.ZodObject) return schema.shape;
  throw new Error('the body of an MCP tool must be an object');
}

function pick(args: Readonly<JsonObject>, shape: Record<string, z.ZodType>): JsonObject {
  return Object.fromEntries(Object.entries(args).filter(([name]) => Object.hasOwn(shape, name)));
}

/** JSON Schema 2020-12 of a zod schema. */
export function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as JsonObject;
  return rest;
}
