import { isDeepStrictEqual } from 'node:util';
import { MeshError } from '@devmesh/foundation';
import { createArgumentValidator } from '../calling/validate-arguments.ts';
import type { JsonSchema, SubSchema } from '../schema/json-schema.ts';
import type { Override } from './shape.ts';

/** What calls of a tool have beside what their caller gives. */
export interface Preset {
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** The preset of an override; undefined where it presets nothing. */
export function presetOf({ fixed = {}, defaults = {} }: Override): Preset | undefined {
  return Object.keys(fixed).length + Object.keys(defaults).length === 0 ? undefined : { fixed, defaults };
}

/** The arguments that a call is made with; throws `invalid_request` for one that is fixed. */
export function withPreset(
  preset: Preset | null,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (preset === null) return given;
  const fixed = Object.keys(given).find((name) => Object.hasOwn(preset.fixed, name));
  if (fixed !== undefined) {
    throw new MeshError('invalid_request', `The argument ${fixed} is fixed by the organization.`, {
      issues: [{ path: `body.arguments.${fixed}`, message: 'is fixed: leave it out' }],
    });
  }
  return { ...preset.defaults, ...given, ...preset.fixed };
}

/** Keywords by which one argument can depend on another. */
const dependent = [
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'minProperties',
  'maxProperties',
  'propertyNames',
  'patternProperties',
  'unevaluatedProperties',
  '$ref',
  '$dynamicRef',
] as const;

/** Why a preset does not fit a schema; undefined where it does. */
export function misfitOf(schema: JsonSchema, preset: Preset): string | undefined {
  const given = { ...preset.defaults, ...preset.fixed };
  const twice = Object.keys(preset.defaults).find((name) => Object.hasOwn(preset.fixed, name));
  if (twice !== undefined) return `${twice} cannot be fixed and have a default`;
  const properties = propertiesOf(schema);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(properties, name));
  if (unknown !== undefined) return `${unknown} is not an argument of the tool`;
  const keyword = dependent.find((name) => schema[name] !== undefined);
  if (keyword !== undefined) return `its arguments depend on each other (${keyword})`;
  if (/"\$(?:dynamicR|r)ef":"#(?:"|\/properties\/)/u.test(JSON.stringify(schema)))
    return 'its arguments refer to each other';
  return refusedValue(schema, given);
}

function refusedValue(schema: JsonSchema, given: Readonly<Record<string, unknown>>): string | undefined {
  const { required: _required, ...optional } = schema;
  try {
    const fitting = createArgumentValidator().check('preset', optional, given);
    // What callers give is mended; what is stored must be right.
    const mended = Object.keys(given).find((name) => !isDeepStrictEqual(fitting[name], given[name]));
    return mended === undefined ? undefined : `${mended} is of another type`;
  } catch (error) {
    if (!(error instanceof MeshError) || error.code !== 'invalid_request') throw error;
    const [issue] = error.issues;
    return issue === undefined ? error.message : `${issue.path.replace('body.arguments.', '')} ${issue.message}`;
  }
}

/** The schema of what callers still give. */
export function presetSchema(schema: JsonSchema, { fixed, defaults }: Preset): JsonSchema {
  const preset = new Set([...Object.keys(fixed), ...Object.keys(defaults)]);
  const kept = Object.entries(propertiesOf(schema)).filter(([name]) => !Object.hasOwn(fixed, name));
  const properties = Object.fromEntries(
    kept.map(([name, property]) => [
      name,
      Object.hasOwn(defaults, name) ? withDefault(property, defaults[name]) : property,
    ]),
  );
  const { required: before, ...rest } = schema;
  const required = Array.isArray(before) ? (before as string[]).filter((name) => !preset.has(name)) : [];
  return { ...rest, properties, ...(required.length > 0 ? { required } : {}) };
}

function withDefault(property: SubSchema, value: unknown): SubSchema {
  return typeof property === 'boolean' ? { default: value } : { ...property, default: value };
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, SubSchema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, SubSchema>>;
}
