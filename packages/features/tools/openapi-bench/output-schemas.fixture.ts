import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ReadTool } from '../reading/reader-messages.ts';

/** How many tools say what they return, and how many of those say it in no valid JSON Schema. */
interface CheckedOutputs {
  readonly declared: number;
  readonly invalid: number;
}

/** Compiling takes up to a second each; the conversion is the same for all, so a sample finds its faults. */
const compiledPerDocument = 20;

/** Holds every output schema against the schema of schemas and compiles some; what is wrong with one is told. */
export function countInvalidOutputs(
  document: string,
  tools: readonly ReadTool[],
  tell: (line: string) => void,
): CheckedOutputs {
  const declared = tools.filter(({ outputSchema }) => outputSchema !== null);
  const step = Math.max(1, Math.floor(declared.length / compiledPerDocument));
  const ajv = createAjv();
  const invalid = declared.filter((tool, index) => {
    const fault = faultOf(ajv, tool.outputSchema ?? '{}', index % step === 0);
    if (fault !== undefined) tell(`${document} ${tool.name}: invalid output schema: ${fault}`);
    return fault !== undefined;
  });
  return { declared: declared.length, invalid: invalid.length };
}

function createAjv(): Ajv2020 {
  return new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false });
}

function faultOf(ajv: Ajv2020, text: string, compiled: boolean): string | undefined {
  const schema = JSON.parse(text) as { readonly type?: unknown };
  if (schema.type !== 'object') return 'its root is no object';
  if (ajv.validateSchema(schema) !== true) return ajv.errorsText().slice(0, 200);
  if (!compiled) return undefined;
  try {
    createAjv().compile(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : String(error);
  }
}
