import type { Binding, BodyBinding, ParameterBinding } from '../calling/binding.ts';
import type { ApiBody, ApiOperation, ApiParameter } from '../reading/operations.ts';
import type { References } from '../reading/references.ts';
import type { Converted, Definitions } from './definitions.ts';
import type { JsonSchema, SubSchema } from './json-schema.ts';
import { objectBody, type ObjectBody } from './object-body.ts';

interface Input {
  readonly schema: JsonSchema;
  readonly binding: Binding;
  readonly remarks: readonly string[];
}

interface InputOptions {
  readonly operation: ApiOperation;
  readonly references: References;
  readonly definitions: Definitions;
}

/** What grows while the arguments of a tool are laid out. */
interface Layout extends InputOptions {
  readonly properties: Map<string, SubSchema>;
  readonly required: Set<string>;
  readonly refers: Set<string>;
  readonly remarks: Set<string>;
}

/** The input schema of an operation, and where each of its arguments goes. */
export function buildInput(options: InputOptions): Input {
  const layout: Layout = {
    ...options,
    properties: new Map(),
    required: new Set(),
    refers: new Set(),
    remarks: new Set(),
  };
  const parameters = options.operation.parameters.map((parameter) => placeParameter(layout, parameter));
  const body = options.operation.body === undefined ? undefined : placeBody(layout, options.operation.body);
  const collected = options.definitions.collect(layout.refers);
  const remarks = new Set([...layout.remarks, ...collected.remarks]);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(layout.properties),
    ...(layout.required.size > 0 ? { required: [...layout.required] } : {}),
    additionalProperties: false,
    ...(Object.keys(collected.definitions).length > 0 ? { $defs: collected.definitions } : {}),
  };
  return { schema, binding: { parameters, ...(body === undefined ? {} : { body }) }, remarks: [...remarks] };
}

function placeParameter(layout: Layout, parameter: ApiParameter): ParameterBinding {
  const argument = freeName(layout, parameter.name, parameter.in);
  layout.properties.set(argument, described(take(layout, parameter.schema), parameter.description));
  if (parameter.required) layout.required.add(argument);
  const style = parameter.style ?? (parameter.in === 'query' || parameter.in === 'cookie' ? 'form' : 'simple');
  return {
    argument,
    name: parameter.name,
    in: parameter.in,
    style,
    explode: parameter.explode ?? style === 'form',
    ...(parameter.json ? { json: true } : {}),
  };
}

function placeBody(layout: Layout, body: ApiBody): BodyBinding {
  const object = objectBody(layout.references, body.schema);
  const names = object === undefined ? undefined : argumentsOf(layout, body, object);
  if (object === undefined || names === undefined) return placeWholeBody(layout, body);
  for (const [name, schema] of object.properties) {
    const argument = argumentName(name);
    layout.properties.set(argument, take(layout, schema));
    if (object.required.has(name)) layout.required.add(argument);
  }
  return { mediaType: body.mediaType, properties: names };
}

/** Argument by property, where every property can be an argument of its own; a required body property of an optional body cannot. */
function argumentsOf(layout: Layout, body: ApiBody, object: ObjectBody): Record<string, string> | undefined {
  const names = [...object.properties.keys()];
  const wanted = new Set(names.map(argumentName));
  const free = [...wanted].every((argument) => !layout.properties.has(argument));
  if (wanted.size < names.length || !free) return undefined;
  if (!body.required && object.required.size > 0) return undefined;
  return Object.fromEntries(names.map((name) => [argumentName(name), name]));
}

function placeWholeBody(layout: Layout, body: ApiBody): BodyBinding {
  const argument = freeName(layout, 'body', 'request');
  layout.properties.set(argument, described(take(layout, body.schema), body.description ?? 'The JSON body.'));
  if (body.required) layout.required.add(argument);
  return { mediaType: body.mediaType, argument };
}

function take(layout: Layout, schema: unknown): SubSchema {
  const converted: Converted = layout.definitions.convert(schema);
  for (const name of converted.refers.keys()) layout.refers.add(name);
  for (const remark of converted.remarks) layout.remarks.add(remark);
  return converted.schema;
}

const longestDescription = 1_000;

function described(schema: SubSchema, description: string | undefined): SubSchema {
  if (typeof schema === 'boolean' || description === undefined) return schema;
  return { ...schema, description: description.slice(0, longestDescription) };
}

const longestName = 64;

/** The name as model providers accept it for a property. */
function argumentName(name: string): string {
  const clean = name.replaceAll(/[^a-zA-Z0-9_.-]+/gu, '_').slice(0, longestName);
  return clean === '' || clean === '__proto__' ? 'argument' : clean;
}

/** A name that no argument has yet; the place where it goes tells two apart. */
function freeName(layout: Layout, name: string, place: string): string {
  const plain = argumentName(name);
  if (!layout.properties.has(plain)) return plain;
  const placed = argumentName(`${place}_${plain}`);
  let free = placed;
  for (let number = 2; layout.properties.has(free); number += 1) {
    free = `${placed.slice(0, longestName - 4)}_${String(number)}`;
  }
  return free;
}
