import { MeshError } from '@devmesh/foundation';
import { ProtocolError } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { upstreamBounds } from './bounds.ts';
import type { UpstreamConnection } from './connection.ts';

type Entry = Readonly<Record<string, unknown>>;

/** What a server lists, as it lists it. */
export interface UpstreamLists {
  readonly tools: readonly Entry[];
  readonly resources: readonly Entry[];
  readonly resourceTemplates: readonly Entry[];
  readonly prompts: readonly Entry[];
}

const kinds = {
  tools: { method: 'tools/list', capability: 'tools' },
  resources: { method: 'resources/list', capability: 'resources' },
  resourceTemplates: { method: 'resources/templates/list', capability: 'resources' },
  prompts: { method: 'prompts/list', capability: 'prompts' },
} as const;

/** Reads all that a server lists, within bounds. One entry that is wrong spoils no list. */
export async function readLists(connection: UpstreamConnection, signal?: AbortSignal): Promise<UpstreamLists> {
  const tools = await readList(connection, 'tools', signal);
  const resources = await readIfKnown(connection, 'resources', signal);
  const resourceTemplates = await readIfKnown(connection, 'resourceTemplates', signal);
  const prompts = await readIfKnown(connection, 'prompts', signal);
  return { tools, resources, resourceTemplates, prompts };
}

const methodNotFound = -32_601;

/** A list, which is empty where the server has no such method: many declare resources and know nothing of templates. */
async function readIfKnown(
  connection: UpstreamConnection,
  kind: keyof UpstreamLists,
  signal?: AbortSignal,
): Promise<Entry[]> {
  try {
    return await readList(connection, kind, signal);
  } catch (error) {
    if (error instanceof ProtocolError && error.code === methodNotFound) return [];
    throw error;
  }
}

async function readList(
  connection: UpstreamConnection,
  kind: keyof UpstreamLists,
  signal?: AbortSignal,
): Promise<Entry[]> {
  const { method, capability } = kinds[kind];
  if (connection.capabilities[capability] === undefined) return [];
  const page = z.object({ [kind]: z.array(z.unknown()), nextCursor: z.string().max(4_096).nullish() });
  const deadline = Date.now() + upstreamBounds.listMilliseconds;
  const entries: Entry[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let cursor: string | undefined;
  for (let pages = 0; pages < upstreamBounds.pages; pages += 1) {
    const timeout = Math.max(1, deadline - Date.now());
    const params = cursor === undefined ? {} : { cursor };
    const answer = await connection.client.request({ method, params }, page, {
      timeout,
      maxTotalTimeout: timeout,
      ...(signal === undefined ? {} : { signal }),
    });
    const listed = (answer as Readonly<Record<string, unknown>>)[kind] as readonly unknown[];
    bytes += Buffer.byteLength(JSON.stringify(listed));
    entries.push(...listed.filter(isEntry));
    checkSize(kind, entries.length, bytes);
    const next = (answer as { readonly nextCursor?: string | null }).nextCursor;
    if (typeof next !== 'string') return entries;
    if (seen.has(next)) throw broken(kind, 'its cursors go round in a circle');
    seen.add(next);
    cursor = next;
  }
  throw broken(kind, `it has more than ${String(upstreamBounds.pages)} pages`);
}

function checkSize(kind: string, entries: number, bytes: number): void {
  if (entries > upstreamBounds.entries)
    throw broken(kind, `it has more than ${String(upstreamBounds.entries)} entries`);
  if (bytes > upstreamBounds.listBytes)
    throw broken(kind, `it has more than ${String(upstreamBounds.listBytes)} bytes`);
}

function broken(kind: string, why: string): MeshError {
  return new MeshError('upstream_failed', `The server's list of ${kind} cannot be read: ${why}.`);
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
