import type { ParameterBinding } from '../../calling/binding.ts';
import { isObject, objectOf } from '../../reading/json-value.ts';
import type { JsonSchema } from '../../schema/json-schema.ts';
import type { Paging } from './paging.ts';

interface Declared {
  readonly method: string;
  readonly parameters: readonly ParameterBinding[];
  readonly input: JsonSchema;
  readonly output: JsonSchema | undefined;
}

const cursors: ReadonlySet<string> = new Set([
  'cursor',
  'pagetoken',
  'nexttoken',
  'nextpagetoken',
  'nextcursor',
  'after',
  'aftercursor',
  'startingafter',
  'continue',
  'continuation',
  'continuationtoken',
  'marker',
  'pagecursor',
  'startafter',
  'scrollid',
]);
const offsets: ReadonlySet<string> = new Set(['offset', 'skip', 'start', 'startat', 'startindex', 'from']);
const pages: ReadonlySet<string> = new Set(['page', 'pagenumber', 'pagenum', 'pageno', 'currentpage']);
const sizes: ReadonlySet<string> = new Set([
  'limit',
  'perpage',
  'pagesize',
  'pagelimit',
  'size',
  'count',
  'maxresults',
  'top',
  'take',
  'first',
  'maxitems',
  'pagelen',
  'rows',
]);
const nexts: ReadonlySet<string> = new Set([
  'nextcursor',
  'nextpagetoken',
  'nexttoken',
  'nextpage',
  'next',
  'endcursor',
  'continue',
  'continuation',
  'continuationtoken',
  'nextmarker',
  'cursor',
  'after',
  'scrollid',
]);

/** How a read tells the next page of its answer, by the names of its parameters and of what it answers; undefined where it does not. */
export function detectPaging({ method, parameters, input, output }: Declared): Paging | undefined {
  if (method !== 'GET' && method !== 'QUERY') return undefined;
  const query = parameters.filter(({ in: place }) => place === 'query');
  const named = (names: ReadonlySet<string>): ParameterBinding | undefined =>
    query.find(({ name }) => names.has(plain(name)));
  const cursor = named(cursors);
  const next = output === undefined ? undefined : findNext(output, output, []);
  if (cursor !== undefined && next !== undefined) return { kind: 'cursor', argument: cursor.argument, next };
  return countedPaging(input, { page: named(pages), offset: named(offsets), size: named(sizes) });
}

interface Counted {
  readonly page: ParameterBinding | undefined;
  readonly offset: ParameterBinding | undefined;
  readonly size: ParameterBinding | undefined;
}

function countedPaging(input: JsonSchema, { page, offset, size }: Counted): Paging | undefined {
  const counted = page ?? offset;
  // A lone `start` or `from` is as often a time.
  if (counted === undefined || (page === undefined && size === undefined) || !isCount(input, counted.argument))
    return undefined;
  const sized = size === undefined ? {} : { size: size.argument, ...defaultSize(input, size.argument) };
  const first = propertyOf(input, counted.argument)['default'] === 0 && page !== undefined ? { first: 0 } : {};
  return { kind: page === undefined ? 'offset' : 'page', argument: counted.argument, ...sized, ...first };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/gu, '');
}

function propertyOf(input: JsonSchema, argument: string): JsonSchema {
  return objectOf(objectOf(input['properties'])[argument]);
}

function isCount(input: JsonSchema, argument: string): boolean {
  return [propertyOf(input, argument)['type']].flat().some((type) => type === 'integer' || type === 'number');
}

function defaultSize(input: JsonSchema, argument: string): { readonly defaultSize?: number } {
  const value = propertyOf(input, argument)['default'];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? { defaultSize: value } : {};
}

const deepest = 3;

/** Where the answer names the next page. */
function findNext(root: JsonSchema, schema: unknown, path: readonly string[]): readonly string[] | undefined {
  const properties = Object.entries(objectOf(resolved(root, schema)['properties']));
  const direct = properties.find(([name, part]) => nexts.has(plain(name)) && isText(resolved(root, part)));
  if (direct !== undefined) return [...path, direct[0]];
  if (path.length >= deepest) return undefined;
  for (const [name, part] of properties) {
    if (!/meta|pag|cursor|link|next|response_metadata|info/iu.test(name)) continue;
    const found = findNext(root, part, [...path, name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isText(schema: JsonSchema): boolean {
  const types = [schema['type']].flat();
  const alternatives = [schema['anyOf'], schema['oneOf']].flat().filter(isObject);
  return types.some((type) => type === 'string' || type === 'integer') || alternatives.some((part) => isText(part));
}

function resolved(root: JsonSchema, schema: unknown): JsonSchema {
  const read = objectOf(schema);
  const reference = read['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#/$defs/')) return read;
  return objectOf(
    objectOf(root['$defs'])[reference.slice('#/$defs/'.length).replaceAll('~1', '/').replaceAll('~0', '~')],
  );
}
