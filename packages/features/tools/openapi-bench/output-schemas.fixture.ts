import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ReadTool } from '../reading/reader-messages.ts';

/** How many tools say what they return, and how many of those say it in no valid JSON Schema. */
interface CheckedOutputs {
  readonly declared: number;
  readonly invalid: number;
}

/** Holds every output schema against the schema of schemas and compiles it; what is wrong with one is told. */
export function countInvalidOutputs(
  document: string,
  tools: readonly ReadTool[],
  tell: (line: string) => void,
): CheckedOutputs {
  const declared = tools.filter(({ outputSchema }) => outputSchema !== null);
  const ajv = createAjv();
  // Many tools of a document answer alike.
  const faults = new Map<string, string | undefined>();
  const invalid = declared.filter(({ name, outputSchema }) => {
    const text = outputSchema ?? '{}';
    if (!faults.has(text)) faults.set(text, faultOf(ajv, text));
    const fault = faults.get(text);
    if (fault !== undefined) tell(`${document} ${name}: invalid output schema: ${fault}`);
    return fault !== undefined;
  });
  return { declared: declared.length, invalid: invalid.length };
}

function createAjv(): Ajv2020 {
  return new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false });
}

function faultOf(ajv: Ajv2020, text: string): string | undefined {
  const schema = JSON.parse(text) as { readonly type?: unknown };
  if (schema.type !== 'object') return 'its root is no object';
  if (ajv.validateSchema(schema) !== true) return ajv.errorsText().slice(0, 200);
  try {
    createAjv().compile(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : String(error);
  }
}
