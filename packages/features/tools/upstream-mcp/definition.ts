import { setImmediate as pause } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { wrongMirroring } from '../calling/mirrored-headers.ts';
import type { ToolAnnotations } from '../reading/annotations.ts';
import { isObject, objectOf } from '../reading/json-value.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import { storable } from '../reading/storable.ts';
import { upstreamBounds } from './bounds.ts';
import { cleanText } from './clean-text.ts';

/** A tool of a server that was not taken, and why. */
export interface RefusedTool {
  readonly name: string;
  readonly reason: string;
}

/** The tools of a server as definitions, yet without names of their own, by the server's names. */
export interface UpstreamDefinitions {
  readonly tools: readonly ReadTool[];
  readonly refused: readonly RefusedTool[];
}

/** Where a call of such a tool goes; stored with it. */
export interface UpstreamBinding {
  readonly parameters: readonly [];
  /** What the server calls it. */
  readonly upstreamTool: string;
}

const longestName = 256;
const longestTitle = 120;
const longestDescription = 4_000;

/** What a server's list of tools becomes: sorted by name, so that the order in which it lists them changes nothing. Pauses now and then. */
export async function definitionsOf(
  listed: readonly Readonly<Record<string, unknown>>[],
): Promise<UpstreamDefinitions> {
  const tools = new Map<string, ReadTool>();
  const refused: RefusedTool[] = [];
  for (const [index, entry] of listed.entries()) {
    // Compiling a thousand schemas must not hold up the process.
    if (index % 20 === 19) await pause();
    const { name } = entry;
    const shown = typeof name === 'string' ? cleanText(name, longestName) : '?';
    const reason =
      typeof name !== 'string' ? 'has no name' : tools.has(name) ? 'has the name of another' : refusalOf(entry, name);
    if (reason !== undefined || typeof name !== 'string')
      refused.push({ name: shown, reason: reason ?? 'has no name' });
    else tools.set(name, definitionOf(entry, name));
  }
  return { tools: [...tools.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1)), refused };
}

function refusalOf(entry: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (name === '' || name.length > longestName || cleanText(name, longestName) !== name) return 'has no usable name';
  const wrong = wrongSchema(entry['inputSchema']);
  if (wrong !== undefined) return `its input schema ${wrong}`;
  const wrongHeader = wrongMirroring(objectOf(entry['inputSchema']));
  return wrongHeader === undefined ? undefined : `its input schema ${wrongHeader}`;
}

/** Why a schema cannot be that of a tool; undefined where it can. */
function wrongSchema(schema: unknown): string | undefined {
  if (!isObject(schema)) return 'is missing';
  if ((schema['type'] ?? 'object') !== 'object') return 'does not describe an object';
  if (depthOf(schema) > upstreamBounds.schemaDepth)
    return `is deeper than ${String(upstreamBounds.schemaDepth)} levels`;
  if (Buffer.byteLength(JSON.stringify(schema)) > upstreamBounds.schemaBytes) return 'is too large';
  try {
    compile(plainSchema(schema));
  } catch {
    return 'is no JSON Schema that can be checked against';
  }
  return undefined;
}

/** Throws where the schema refers to what is not in it, or is none. Patterns are judged when calls are. */
function compile(schema: Readonly<Record<string, unknown>>): void {
  const anyText = Object.assign(() => ({ test: () => true }), { code: '' });
  const options = { strict: false, validateFormats: false, validateSchema: false, logger: false } as const;
  new Ajv2020({ ...options, addUsedSchema: false, code: { regExp: anyText } }).compile(schema);
}

/** Levels of a value, counted no further than the bound. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > upstreamBounds.schemaDepth) return depth;
  return Object.values(value).reduce<number>((deepest, part) => Math.max(deepest, depthOf(part, depth + 1)), depth + 1);
}

const newestDraft = 'https://json-schema.org/draft/2020-12/schema';

/** Without the name of an older draft: all are read as the newest. */
function plainSchema(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { $schema: draft, $id: _id, ...rest } = schema;
  return { ...(draft === newestDraft ? { $schema: draft } : {}), type: 'object', ...rest };
}

function definitionOf(entry: Readonly<Record<string, unknown>>, name: string): ReadTool {
  const annotations = objectOf(entry['annotations']);
  const title = [entry['title'], annotations['title'], name].find(
    (text) => typeof text === 'string' && text.trim() !== '',
  ) as string;
  const description = typeof entry['description'] === 'string' ? entry['description'] : title;
  const binding: UpstreamBinding = { parameters: [], upstreamTool: name };
  const { outputSchema } = entry;
  return {
    key: name,
    name: '',
    title: cleanText(title.replaceAll(/\s+/gu, ' ').trim(), longestTitle),
    description: cleanText(description, longestDescription),
    method: 'MCP',
    path: name,
    server: null,
    inputSchema: JSON.stringify(cleanSchema(plainSchema(objectOf(entry['inputSchema'])))),
    outputSchema:
      wrongSchema(outputSchema) === undefined ? JSON.stringify(cleanSchema(plainSchema(objectOf(outputSchema)))) : null,
    security: '[]',
    binding: JSON.stringify(storable(binding)),
    annotations: JSON.stringify(hintsOf(annotations)),
    tags: [],
  };
}

/** The hints with the protocol's defaults: a tool that says nothing may do anything. */
function hintsOf(annotations: Readonly<Record<string, unknown>>): ToolAnnotations {
  const flag = (name: string, fallback: boolean): boolean => {
    const value = annotations[name];
    return typeof value === 'boolean' ? value : fallback;
  };
  const readOnlyHint = flag('readOnlyHint', false);
  return {
    readOnlyHint,
    destructiveHint: !readOnlyHint && flag('destructiveHint', true),
    idempotentHint: readOnlyHint || flag('idempotentHint', false),
    openWorldHint: flag('openWorldHint', true),
  };
}

/** What a schema says to its reader, cleaned; names and values stay what the server compares with. */
function cleanSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleanSchema);
  if (!isObject(value)) return typeof value === 'string' ? storable(value) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      storable(key),
      typeof part === 'string' && (key === 'description' || key === 'title' || key === '$comment')
        ? cleanText(part, longestDescription)
        : cleanSchema(part),
    ]),
  );
}
