import type { Binding, ParameterBinding } from '../calling/binding.ts';
import type { ApiOperation } from '../reading/operations.ts';
import type { ApiParameter } from '../reading/parameters.ts';
import type { References } from '../reading/references.ts';
import type { PartRemark } from '../reading/remarks.ts';
import { createLayout, described, type ArgumentLayout } from './argument-layout.ts';
import { placeBody } from './body-arguments.ts';
import type { Definitions } from './definitions.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { readTypes } from './keywords.ts';
import type { Side } from './sides.ts';

interface Input {
  readonly schema: JsonSchema;
  readonly binding: Binding;
  readonly remarks: readonly PartRemark[];
}

interface InputOptions {
  readonly operation: ApiOperation;
  readonly references: References;
  /** The definitions of each side. */
  readonly definitions: Readonly<Record<Side, Definitions>>;
}

/** The input schema of an operation, and where each of its arguments goes. */
export function buildInput({ operation, references, definitions }: InputOptions): Input {
  const layout = createLayout(definitions[operation.body?.encoding === 'multipart' ? 'form' : 'input']);
  const parameters = operation.parameters.map((parameter) => placeParameter(layout, references, parameter));
  const body = operation.body === undefined ? undefined : placeBody(layout, references, operation.body);
  const schema = layout.finish();
  const binding = { parameters, ...(body === undefined ? {} : { body }) };
  return { schema, binding, remarks: layout.remarks.all() };
}

function placeParameter(layout: ArgumentLayout, references: References, parameter: ApiParameter): ParameterBinding {
  const argument = layout.freeName(parameter.name, parameter.in);
  const schema = layout.take(parameter.schema);
  const sent = parameter.required ? filled(references, parameter, schema) : schema;
  layout.properties.set(argument, described(sent, parameter));
  if (parameter.required) layout.required.add(argument);
  const style = parameter.style ?? (parameter.in === 'path' || parameter.in === 'header' ? 'simple' : 'form');
  return {
    argument,
    name: parameter.name,
    in: parameter.in,
    style,
    // OpenAPI 3.2 has cookies by their own style, exploded like forms.
    explode: parameter.explode ?? (style === 'form' || style === 'cookie'),
    ...writtenAs(parameter.mediaType),
    ...(parameter.allowReserved ? { allowReserved: true } : {}),
    ...(parameter.allowEmptyValue ? { allowEmptyValue: true } : {}),
  };
}

/** A style writes nothing for what is empty, so that what must be sent is not. */
function filled(references: References, { schema, mediaType }: ApiParameter, converted: SubSchema): SubSchema {
  if (mediaType !== undefined || typeof converted === 'boolean') return converted;
  const [type, ...others] = readTypes(references.object(schema)?.['type']);
  const keyword = others.length > 0 || type === undefined ? undefined : leasts[type];
  return keyword === undefined || Number(converted[keyword]) > 0 ? converted : { ...converted, [keyword]: 1 };
}

const leasts: Readonly<Record<string, string>> = { object: 'minProperties', array: 'minItems' };

function writtenAs(mediaType: string | undefined): Pick<ParameterBinding, 'json' | 'mediaType'> {
  if (mediaType === undefined) return {};
  return mediaType === 'application/json' ? { json: true } : { mediaType };
}
