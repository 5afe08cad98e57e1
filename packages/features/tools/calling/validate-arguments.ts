import { MeshError, type Logger } from '@devmesh/foundation';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { objectOf } from '../reading/json-value.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { explainErrors, type JudgePart } from './explain-errors.ts';
import { guardedPattern } from './guarded-pattern.ts';
import { mendTypes } from './lenient-values.ts';

type Values = Readonly<Record<string, unknown>>;

/** Judges the arguments of calls by the input schemas of the tools. */
export interface ArgumentValidator {
  /**
   * The arguments as they fit the schema: as they were given, or with types mended where nothing is lost. Throws
   * `invalid_request` whose issues tell how to repair them. `key` names the schema for good.
   */
  check(key: string, schema: JsonSchema, values: Values): Values;
}

interface Judge {
  readonly schema: JsonSchema;
  readonly errorsOf: (values: unknown) => readonly ErrorObject[];
  readonly part: JudgePart;
}

const mostCompiled = 500;
const mostIssues = 20;
const deepestValue = 100;
const mostMended = 3;

/** Builds the validator; each schema is compiled once and kept while it is used. */
export function createArgumentValidator({ log }: { readonly log?: Logger } = {}): ArgumentValidator {
  const compiled = new LRUCache<string, Judge | 'large'>({ max: mostCompiled });
  const judgeOf = (key: string, schema: JsonSchema, values: Values): Judge => {
    const kept = compiled.get(key);
    if (kept !== undefined && kept !== 'large') return kept;
    if (kept === undefined && !isLarge(schema)) return keep(key, compile(schema, log));
    compiled.set(key, 'large');
    const given = givenNames(schema, values);
    const part = `${key} ${JSON.stringify(given)}`;
    const judge = compiled.get(part);
    return judge === undefined || judge === 'large' ? keep(part, compile(narrowed(schema, given), log)) : judge;
  };
  const keep = (key: string, judge: Judge): Judge => {
    compiled.set(key, judge);
    return judge;
  };
  return {
    check: (key, schema, values) => {
      if (isDeeper(values, deepestValue)) {
        throw new MeshError('invalid_request', `Arguments must not nest deeper than ${String(deepestValue)} levels.`);
      }
      const judge = judgeOf(key, schema, values);
      const errors = judge.errorsOf(values);
      return errors.length === 0 ? values : (mended(judge, values, errors) ?? refuse(judge, errors));
    },
  };
}

const largeSchema = 16_384;

/** Whether compiling all of it would hold up other calls; one that refers into its own properties must stay whole. */
function isLarge(schema: JsonSchema): boolean {
  const text = JSON.stringify(schema);
  return text.length > largeSchema && !/"\$(?:dynamicR|r)ef":"#(?:"|\/properties\/)/u.test(text);
}

function givenNames({ properties }: JsonSchema, values: Values): readonly string[] {
  return Object.keys(objectOf(properties)).filter((name) => Object.hasOwn(values, name));
}

/** The schema as it judges calls that give these arguments and no others: those left out can be anything. */
function narrowed(schema: JsonSchema, given: readonly string[]): JsonSchema {
  const properties = Object.entries(objectOf(schema['properties'])).map(([name, property]) => [
    name,
    given.includes(name) ? property : true,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** Mended only where all of it then fits, so that a caller never hears of values that it did not give. */
function mended(judge: Judge, values: Values, first: readonly ErrorObject[]): Values | undefined {
  let current: Values | undefined = values;
  let errors = first;
  for (let round = 0; round < mostMended; round += 1) {
    current = mendTypes(current, errors);
    if (current === undefined) return undefined;
    errors = judge.errorsOf(current);
    if (errors.length === 0) return current;
  }
  return undefined;
}

function refuse(judge: Judge, errors: readonly ErrorObject[]): never {
  const issues = explainErrors(errors, { schema: judge.schema, judge: judge.part }).slice(0, mostIssues);
  const first = issues[0] ?? { path: 'body.arguments', message: 'is not valid' };
  throw new MeshError('invalid_request', `The arguments do not fit the tool: ${first.path} ${first.message}.`, {
    issues,
  });
}

const settings = {
  strict: false,
  allErrors: true,
  verbose: true,
  validateFormats: false,
  validateSchema: false,
  ownProperties: true,
  addUsedSchema: false,
  logger: false,
  code: { regExp: Object.assign(guardedPattern, { code: '' }), optimize: false },
} as const;

function compile(schema: JsonSchema, log: Logger | undefined): Judge {
  try {
    // An instance of its own lets a schema that is used no more be forgotten.
    const validate = new Ajv2020(settings).compile(schema);
    return { schema, errorsOf: (values) => errorsOf(validate, values), part: judgePartsOf(schema) };
  } catch (error) {
    // The service still judges; a fault of its document must not make the tool useless.
    log?.warn('an input schema cannot be compiled', { 'error.message': error instanceof Error ? error.message : '' });
    return { schema, errorsOf: () => [], part: () => undefined };
  }
}

function errorsOf(validate: ValidateFunction, values: unknown): readonly ErrorObject[] {
  return validate(values) ? [] : [...(validate.errors ?? [])];
}

function judgePartsOf(schema: JsonSchema): JudgePart {
  const judges = new WeakMap<object, ValidateFunction>();
  return (part) => {
    const known = judges.get(part);
    if (known !== undefined) return known;
    try {
      const judge = new Ajv2020(settings).compile({ $defs: schema['$defs'] ?? {}, ...part });
      judges.set(part, judge);
      return judge;
    } catch {
      // A part that does not stand alone is spoken of as a whole.
      return undefined;
    }
  };
}

function isDeeper(value: unknown, levels: number): boolean {
  let layer: readonly unknown[] = [value];
  for (let level = 0; layer.length > 0; level += 1) {
    if (level > levels) return true;
    layer = layer.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}
