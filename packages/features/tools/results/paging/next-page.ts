import type { ParameterBinding } from '../../calling/binding.ts';
import { isObject, objectOf } from '../../reading/json-value.ts';
import type { JsonSchema } from '../../schema/json-schema.ts';
import type { Paging } from './paging.ts';

type Values = Readonly<Record<string, unknown>>;

interface Answered {
  readonly paging: Paging | undefined;
  readonly parameters: readonly ParameterBinding[];
  readonly input: JsonSchema;
  readonly values: Values;
  /** The address that answered. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

/** The arguments that change to get the next page of an answer; undefined where there is none, or nothing tells of it. */
export function nextPage(answered: Answered): Values | undefined {
  const linked = linkOf(answered.headers.get('link') ?? '');
  if (linked !== undefined) return fromAddress(answered, linked);
  const { paging } = answered;
  if (paging === undefined) return undefined;
  return paging.kind === 'cursor' ? fromCursor(answered, paging) : fromCount(answered, paging);
}

/** The target of the link to the next page (RFC 8288). */
function linkOf(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(/<([^<>]{1,8000})>([^<]*)/gu)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/iu.test(parameters)) return target;
  }
  return undefined;
}

/** An address in place of a cursor: only where it is this tool with other arguments. */
function fromAddress({ parameters, input, url, values }: Answered, target: string): Values | undefined {
  if (!URL.canParse(target, url)) return undefined;
  const [next, here] = [new URL(target, url), new URL(url)];
  if (next.origin !== here.origin || next.pathname !== here.pathname) return undefined;
  const changed = [...new Set(next.searchParams.keys())].filter(
    (name) => next.searchParams.getAll(name).join('\n') !== here.searchParams.getAll(name).join('\n'),
  );
  const bound = changed.map((name) => parameters.find((one) => one.in === 'query' && one.name === name));
  if (changed.length === 0 || bound.some((one) => one === undefined)) return undefined;
  const entries = bound.map((one) => {
    const { name, argument } = one as ParameterBinding;
    return [argument, typed(input, argument, next.searchParams.get(name) ?? '')];
  });
  return differing(Object.fromEntries(entries) as Values, values);
}

/** Numbers where the tool wants such. */
function typed(input: JsonSchema, argument: string, text: string): unknown {
  const types = [objectOf(objectOf(input['properties'])[argument])['type']].flat();
  const wanted = types.some((type) => type === 'integer' || type === 'number');
  const number = Number(text);
  return wanted && Number.isFinite(number) && text !== '' ? number : text;
}

/** A page that is asked for by what was just asked is none: following it would never end. */
function differing(next: Values, values: Values): Values | undefined {
  return Object.entries(next).some(([name, value]) => values[name] !== value) ? next : undefined;
}

function fromCursor(answered: Answered, paging: Extract<Paging, { readonly kind: 'cursor' }>): Values | undefined {
  const next = paging.next.reduce<unknown>((value, name) => objectOf(value)[name], answered.body);
  if ((typeof next !== 'string' && typeof next !== 'number') || next === '') return undefined;
  if (typeof next === 'string' && /^(?:https?:\/)?\//iu.test(next)) return fromAddress(answered, next);
  if (objectOf(answered.body)['has_more'] === false) return undefined;
  return differing({ [paging.argument]: typed(answered.input, paging.argument, String(next)) }, answered.values);
}

const startOfPages = 1;

/** Counted pages go on while they are full. */
function fromCount(
  { values, body }: Answered,
  paging: Exclude<Paging, { readonly kind: 'cursor' }>,
): Values | undefined {
  const count = itemsOf(body)?.items.length;
  if (count === undefined || count === 0) return undefined;
  const size = sizeOf(values, paging);
  if (size !== undefined && count < size) return undefined;
  const at = numberOf(values[paging.argument]);
  return paging.kind === 'page'
    ? { [paging.argument]: (at ?? paging.first ?? startOfPages) + 1 }
    : offsetBehind(paging.argument, (at ?? 0) + count, totalOf(body));
}

function sizeOf(
  values: Values,
  { size, defaultSize }: Exclude<Paging, { readonly kind: 'cursor' }>,
): number | undefined {
  return numberOf(size === undefined ? undefined : values[size]) ?? defaultSize;
}

function offsetBehind(argument: string, next: number, total: number | undefined): Values | undefined {
  return total !== undefined && next >= total ? undefined : { [argument]: next };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function totalOf(body: unknown): number | undefined {
  const answer = objectOf(body);
  const names = ['total', 'totalCount', 'total_count', 'totalResults', 'total_results', 'totalItems'];
  return names.map((name) => numberOf(answer[name])).find((total) => total !== undefined);
}

/** The list that an answer is, or holds as its only list or under a usual name. */
export function itemsOf(body: unknown): { readonly items: readonly unknown[]; readonly name?: string } | undefined {
  if (Array.isArray(body)) return { items: body };
  if (!isObject(body)) return undefined;
  const lists = Object.entries(body).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const usual = lists.find(([name]) => usualLists.has(name.toLowerCase()));
  const [name, items] = usual ?? (lists.length === 1 ? (lists[0] ?? []) : []);
  return name === undefined || items === undefined ? undefined : { items, name };
}

const usualLists: ReadonlySet<string> = new Set([
  'items',
  'data',
  'results',
  'values',
  'entries',
  'records',
  'list',
  'content',
  'issues',
  'value',
  'resources',
  'hits',
]);

/** Two pages as one: the items of both, all else of the later one. Undefined where they hold no lists of one name. */
export function mergePages(before: unknown, after: unknown): unknown {
  const [first, second] = [itemsOf(before), itemsOf(after)];
  if (first === undefined || second === undefined || first.name !== second.name) return undefined;
  const items = [...first.items, ...second.items];
  return first.name === undefined ? items : { ...objectOf(after), [first.name]: items };
}
