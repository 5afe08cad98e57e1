import type { JsonSchema } from '../schema/json-schema.ts';
import { detectPaging } from '../results/paging/detect-paging.ts';
import type { Binding } from '../calling/binding.ts';
import { oneLine } from '../naming/clean-text.ts';
import { descriptionOf, titleOf } from '../naming/tool-text.ts';
import { createDefinitions } from '../schema/definitions.ts';
import { buildInput } from '../schema/input-schema.ts';
import { buildOutput } from '../schema/output-schema.ts';
import { operationAnnotations } from './annotations.ts';
import type { ApiOperation } from './operations.ts';
import type { ReadTool } from './reader-messages.ts';
import type { References } from './references.ts';
import type { PartRemark } from './remarks.ts';
import { storable, storableJson } from './storable.ts';

interface ToolMakerOptions {
  readonly references: References;
  readonly baseUrl: string;
  /** Whoever names a base URL moves all operations there, also those with a server of their own. */
  readonly moved: boolean;
}

interface MadeTool {
  readonly tool: ReadTool;
  /** Its input schema. */
  readonly schema: JsonSchema;
  readonly remarks: readonly PartRemark[];
}

/** The binding with how the next page of an answer is asked for, where the operation tells. */
function pagedBinding(
  method: string,
  { binding, schema, output }: { binding: Binding; schema: JsonSchema; output: JsonSchema | undefined },
): Binding {
  const paging = detectPaging({ method, parameters: binding.parameters, input: schema, output });
  return paging === undefined ? binding : { ...binding, paging };
}

/** Makes the tools of one document, which share the schemas that they refer to. */
export function createToolMaker({
  references,
  baseUrl,
  moved,
}: ToolMakerOptions): (operation: ApiOperation, name: string) => MadeTool {
  const definitions = {
    input: createDefinitions(references, 'input'),
    form: createDefinitions(references, 'form'),
    output: createDefinitions(references, 'output'),
  };
  return (operation, name) => {
    const { schema, binding, remarks } = buildInput({ operation, references, definitions });
    const output = buildOutput(references, operation.answer, definitions.output);
    const server = moved || operation.server === baseUrl ? undefined : operation.server;
    operation.remarks.addAll(remarks);
    if (server !== undefined && new URL(server).origin !== new URL(baseUrl).origin) {
      operation.remarks.add(
        'other_server',
        `it is called at ${server}, which does not get the credential of ${baseUrl}`,
      );
    }
    const tool = {
      key: storable(`${operation.method} ${operation.path}`),
      name,
      title: storable(titleOf(operation)),
      description: storable(descriptionOf(operation)),
      method: operation.method,
      path: storable(operation.path),
      server: server === undefined ? null : storable(server),
      inputSchema: storableJson(schema),
      outputSchema: output === undefined ? null : storableJson(output),
      security: storableJson(operation.security),
      binding: storableJson(pagedBinding(operation.method, { binding, schema, output })),
      annotations: JSON.stringify(operationAnnotations(operation)),
      tags: storable(operation.tags.map(oneLine)),
    };
    return { tool, schema, remarks: operation.remarks.all() };
  };
}
