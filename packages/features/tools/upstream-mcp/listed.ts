import { isObject } from '../reading/json-value.ts';
import { storable } from '../reading/storable.ts';
import { cleanText } from './clean-text.ts';
import type { UpstreamLists } from './read-lists.ts';

/** A resource as a server lists it, cleaned. */
export interface ListedResource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly size?: number;
}

/** A family of resources. */
export interface ListedTemplate extends Omit<ListedResource, 'uri' | 'size'> {
  readonly uriTemplate: string;
}

/** A prompt as a server lists it, cleaned. */
export interface ListedPrompt {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly { readonly name: string; readonly description?: string; readonly required?: boolean }[];
}

interface Listed {
  readonly resources: readonly ListedResource[];
  readonly resourceTemplates: readonly ListedTemplate[];
  readonly prompts: readonly ListedPrompt[];
}

const longestUri = 2_000;
const longestName = 256;
const longestDescription = 2_000;
const mostArguments = 50;

/** What is kept of the lists besides tools: each thing once, in the order of its name; what has no usable name is left out. */
export function listedOf(lists: UpstreamLists): Listed {
  return {
    resources: distinct(lists.resources.flatMap(resourceOf), ({ uri }) => uri),
    resourceTemplates: distinct(lists.resourceTemplates.flatMap(templateOf), ({ uriTemplate }) => uriTemplate),
    prompts: distinct(lists.prompts.flatMap(promptOf), ({ name }) => name),
  };
}

type Entry = Readonly<Record<string, unknown>>;

function distinct<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  const byKey = new Map(items.toReversed().map((item) => [keyOf(item), item]));
  return [...byKey].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, item]) => item);
}

function resourceOf(entry: Entry): readonly ListedResource[] {
  const uri = plainOf(entry['uri'], longestUri);
  if (uri === undefined) return [];
  const { size } = entry;
  return [{ uri, ...described(entry, uri), ...(isSize(size) ? { size } : {}) }];
}

function templateOf(entry: Entry): readonly ListedTemplate[] {
  const uriTemplate = plainOf(entry['uriTemplate'], longestUri);
  return uriTemplate === undefined ? [] : [{ uriTemplate, ...described(entry, uriTemplate) }];
}

function promptOf(entry: Entry): readonly ListedPrompt[] {
  const name = plainOf(entry['name'], longestName);
  if (name === undefined) return [];
  const wanted = Array.isArray(entry['arguments'])
    ? entry['arguments'].slice(0, mostArguments).flatMap(argumentOf)
    : undefined;
  const { mimeType: _none, ...rest } = described(entry, name);
  return [{ ...rest, name, ...(wanted === undefined ? {} : { arguments: wanted }) }];
}

function argumentOf(value: unknown): NonNullable<ListedPrompt['arguments']> {
  if (!isObject(value)) return [];
  const name = plainOf(value['name'], longestName);
  if (name === undefined) return [];
  return [
    {
      name,
      ...textAt(value, 'description', longestDescription),
      ...(value['required'] === true ? { required: true } : {}),
    },
  ];
}

function described(entry: Entry, fallback: string) {
  return {
    name: plainOf(entry['name'], longestName) ?? fallback,
    ...textAt(entry, 'title', longestName),
    ...textAt(entry, 'description', longestDescription),
    ...textAt(entry, 'mimeType', 200),
  };
}

function textAt<Key extends string>(entry: Entry, key: Key, longest: number): { readonly [K in Key]?: string } {
  const value = entry[key];
  return typeof value === 'string' ? ({ [key]: cleanText(value, longest) } as { readonly [K in Key]?: string }) : {};
}

/** A text that is to be sent back as it is: none that would have to be cleaned or cut. */
function plainOf(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > longest) return undefined;
  return cleanText(value, longest) === value && storable(value) === value ? value : undefined;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
