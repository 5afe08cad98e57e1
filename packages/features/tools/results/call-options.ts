import { MeshError } from '@devmesh/foundation';
import { listOf, objectOf, own } from '../reading/json-value.ts';
import type { JsonSchema } from '../schema/json-schema.ts';

/** How a caller wants the answer. */
export interface AnswerOptions {
  /** Paths of the fields that are wanted; all where there are none. */
  readonly select: readonly string[];
  /** How many pages are fetched and put together. */
  readonly pages: number;
  /** Bytes of text that are shown, where the rest is kept; undefined: as many as ever are. */
  readonly textBytes?: number | undefined;
}

interface Asked {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly select?: readonly string[] | undefined;
  readonly pages?: number | undefined;
  readonly textBytes?: number | undefined;
}

/** Pages that one call fetches at most. */
const mostPages = 10;
const selectArgument = '_select';
const pagesArgument = '_pages';

/**
 * Takes the platform's own arguments `_select` and `_pages` out of those of a call, unless the tool has arguments of these
 * names. Throws `invalid_request` where they are not what they must be.
 */
export function takeOptions(
  schema: JsonSchema,
  { arguments: given, select, pages, textBytes }: Asked,
): AnswerOptions & { readonly arguments: Asked['arguments'] } {
  const declared = objectOf(schema['properties']);
  const reserved = (name: string): unknown => (Object.hasOwn(declared, name) ? undefined : own(given, name));
  // What else a schema does not name may be what it leaves open.
  const taken = new Set([selectArgument, pagesArgument].filter((name) => reserved(name) !== undefined));
  const rest = Object.entries(given).filter(([name]) => !taken.has(name));
  return {
    arguments: rest.length === Object.keys(given).length ? given : Object.fromEntries(rest),
    select: select ?? paths(reserved(selectArgument)),
    pages: pages ?? count(reserved(pagesArgument)),
    textBytes,
  };
}

function paths(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list = typeof value === 'string' ? [value] : listOf(value);
  if (list.length > 0 && list.every((path) => typeof path === 'string')) return list;
  throw refused(selectArgument, 'must be a list of paths, e.g. ["items.name"]');
}

function count(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostPages) return value;
  throw refused(pagesArgument, `must be an integer from 1 to ${String(mostPages)}`);
}

function refused(argument: string, message: string): MeshError {
  return new MeshError('invalid_request', `The argument ${argument} ${message}.`, {
    issues: [{ path: `body.arguments.${argument}`, message }],
  });
}

/** The schema as clients see it of a tool that answers in pages: with the arguments that keep its answers small or complete. */
export function withAnswerOptions(schema: JsonSchema): JsonSchema {
  const declared = objectOf(schema['properties']);
  const properties = {
    ...(Object.hasOwn(declared, selectArgument) ? {} : { [selectArgument]: selectSchema }),
    ...(Object.hasOwn(declared, pagesArgument) ? {} : { [pagesArgument]: pagesSchema }),
  };
  return { ...schema, properties: { ...declared, ...properties } };
}

const selectSchema = {
  type: 'array',
  items: { type: 'string' },
  description: 'Fields of the answer that are wanted, e.g. ["items.name"]; default: all.',
};
const pagesSchema = {
  type: 'integer',
  minimum: 1,
  maximum: mostPages,
  description: 'How many pages to fetch and put together; default: 1.',
};
