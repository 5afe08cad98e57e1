import { createHash } from 'node:crypto';
import { canonicalJson } from '@devmesh/foundation';
import type { ToolAnnotations } from '../reading/annotations.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import type { JsonSchema } from '../schema/json-schema.ts';

/** A definition as its source gives it, its structured parts read. */
export interface Definition {
  readonly key: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly method: string;
  readonly path: string;
  readonly server: string | null;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema | null;
  readonly security: unknown;
  readonly binding: unknown;
  readonly annotations: ToolAnnotations;
  readonly tags: readonly string[];
}

/** A definition with its structured parts read. */
export function definitionOf(tool: ReadTool): Definition {
  return {
    key: tool.key,
    name: tool.name,
    title: tool.title,
    description: tool.description,
    method: tool.method,
    path: tool.path,
    server: tool.server,
    inputSchema: JSON.parse(tool.inputSchema) as JsonSchema,
    outputSchema: tool.outputSchema === null ? null : (JSON.parse(tool.outputSchema) as JsonSchema),
    security: JSON.parse(tool.security) as unknown,
    binding: JSON.parse(tool.binding) as unknown,
    annotations: JSON.parse(tool.annotations) as ToolAnnotations,
    tags: tool.tags,
  };
}

/** The other way round. */
export function readToolOf(definition: Definition): ReadTool {
  const { inputSchema, outputSchema, security, binding, annotations, ...rest } = definition;
  return {
    ...rest,
    inputSchema: JSON.stringify(inputSchema),
    outputSchema: outputSchema === null ? null : JSON.stringify(outputSchema),
    security: JSON.stringify(security),
    binding: JSON.stringify(binding),
    annotations: JSON.stringify(annotations),
  };
}

/** SHA-256 in hex of the canonical JSON of all that a definition says; the name that it got here is not of it. */
export function pinOf(tool: ReadTool): string {
  const { name: _name, ...said } = definitionOf(tool);
  return sha256Of(said);
}

/** SHA-256 in hex of a value's canonical JSON. */
export function sha256Of(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}
