import { MeshError, type Issue } from '@devmesh/foundation';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import type { JsonSchema } from '../schema/json-schema.ts';
import { guardedPattern } from './cheap-pattern.ts';

/** Judges the arguments of calls by the input schemas of the tools. */
export interface ArgumentValidator {
  /** Throws `invalid_request` whose issues tell how to repair the arguments. `key` names the schema for good. */
  check(key: string, schema: JsonSchema, values: Readonly<Record<string, unknown>>): void;
}

type Judge = (values: unknown) => readonly ErrorObject[];

const mostCompiled = 500;
const mostIssues = 20;

/** Builds the validator; each schema is compiled once and kept while it is used. */
export function createArgumentValidator(): ArgumentValidator {
  const compiled = new LRUCache<string, Judge>({ max: mostCompiled });
  return {
    check: (key, schema, values) => {
      const kept = compiled.get(key);
      const judge = kept ?? compile(schema);
      if (kept === undefined) compiled.set(key, judge);
      const errors = judge(values);
      if (errors.length === 0) return;
      const issues = distinct(errors.map((error) => issueOf(error, schema))).slice(0, mostIssues);
      const first = issues[0] ?? { path: 'body.arguments', message: 'is not valid' };
      throw new MeshError('invalid_request', `The arguments do not fit the tool: ${first.path} ${first.message}.`, {
        issues,
      });
    },
  };
}

function compile(schema: JsonSchema): Judge {
  // An instance of its own lets a schema that is used no more be forgotten.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    validateSchema: false,
    ownProperties: true,
    addUsedSchema: false,
    logger: false,
    code: { regExp: Object.assign(guardedPattern, { code: '' }) },
  });
  const validate: ValidateFunction = ajv.compile(schema);
  return (values) => (validate(values) ? [] : (validate.errors ?? []));
}

function issueOf(error: ErrorObject, schema: JsonSchema): Issue {
  const at = ['body', 'arguments', ...error.instancePath.split('/').slice(1).map(unescaped)];
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'required':
      return { path: [...at, String(params['missingProperty'])].join('.'), message: 'is required' };
    case 'additionalProperties':
      return {
        path: [...at, String(params['additionalProperty'])].join('.'),
        message:
          error.instancePath === '' ? `is not an argument of this tool; ${known(schema)}` : 'is not allowed here',
      };
    case 'enum':
      return { path: at.join('.'), message: `must be one of ${shown(params['allowedValues'])}` };
    case 'const':
      return { path: at.join('.'), message: `must be ${shown(params['allowedValue'])}` };
    default:
      return { path: at.join('.'), message: error.message ?? 'is not valid' };
  }
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

const longestList = 500;

function known(schema: JsonSchema): string {
  const names = Object.keys((schema['properties'] as object | undefined) ?? {});
  return names.length === 0 ? 'it takes none' : `it takes ${names.join(', ').slice(0, longestList)}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, longestList);
}

function distinct(issues: readonly Issue[]): readonly Issue[] {
  return [...new Map(issues.map((issue) => [`${issue.path} ${issue.message}`, issue])).values()];
}
