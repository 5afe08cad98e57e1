import { createHash } from 'node:crypto';
import { MeshError, type Logger, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Blob, Database } from '@devmesh/infrastructure';
import type { Principal } from '../../identity/index.ts';
import { pageOf, type ResultPage } from './result-page.ts';
import { readSelection, selectFields } from './select-fields.ts';
import {
  deleteExpired,
  deleteResult,
  insertResult,
  selectExpired,
  selectResult,
  type ResultRow,
} from './store-results.ts';

interface ResultStoreOptions {
  readonly database: Database;
  readonly blob: Blob;
  readonly newId: NewId;
  readonly log: Logger;
}

/** Content to be kept; no trace of a secret may be in it any more. */
interface Keeping {
  readonly tool: string;
  readonly mediaType: string;
  readonly content: string | Uint8Array;
}

/** Where kept content is. */
export interface KeptResult {
  readonly id: string;
  readonly uri: string;
  readonly bytes: number;
}

/** What is asked of a kept result. */
export interface ReadRequest {
  readonly cursor?: string | undefined;
  readonly select?: readonly string[] | undefined;
}

/** One page of a kept result. */
interface ReadResult extends ResultPage {
  readonly row: ResultRow;
}

/** Large answers, kept for a day for whoever called: the same agent, person or key, and nobody else of the organization. */
export interface ResultStore {
  /** Undefined where it cannot be kept now: the answer then says so, since the call itself was made. */
  keep(principal: Principal, keeping: Keeping): Promise<KeptResult | undefined>;
  /** Throws `not_found` for what the principal did not call, or what is kept no longer. */
  read(principal: Principal, id: string, request: ReadRequest): Promise<ReadResult>;
  /** Deletes what is past its time; how many. */
  sweep(signal: AbortSignal): Promise<number>;
}

const keptSeconds = 86_400;
const mostOfOrganization = 2_000;
const sweptAtOnce = 200;

/** The address of a kept result. */
function resultUri(id: string): string {
  return `devmesh://results/${id}`;
}

/** Builds the store; without blobs nothing is kept. */
export function createResults({
  blob,
  telemetry,
  ...rest
}: Omit<ResultStoreOptions, 'blob' | 'log'> & { readonly blob?: Blob; readonly telemetry: Telemetry }): ResultStore {
  if (blob !== undefined) return createResultStore({ ...rest, blob, log: telemetry.log });
  return {
    keep: () => Promise.resolve(undefined),
    read: (_principal, id) => Promise.reject(new MeshError('not_found', `There is no result ${id}.`)),
    sweep: () => Promise.resolve(0),
  };
}

/** Builds the store over the blobs. */
function createResultStore(options: ResultStoreOptions): ResultStore {
  return {
    keep: async (principal, keeping) => {
      try {
        return await keep(options, principal, keeping);
      } catch (error) {
        options.log.error('a large result could not be kept', error);
        return undefined;
      }
    },
    read: (principal, id, request) => read(options, principal, { id, ...request }),
    sweep: (signal) => sweep(options, signal),
  };
}

/** The agent, person or key behind a call: several people of an organization may see different things at a service. */
function ownerOf({ agentId, userId, keyId }: Principal): string {
  if (agentId !== undefined) return `agent:${agentId}`;
  return userId === undefined ? `key:${keyId}` : `user:${userId}`;
}

async function keep(
  { database, blob, newId }: ResultStoreOptions,
  principal: Principal,
  { tool, mediaType, content }: Keeping,
): Promise<KeptResult | undefined> {
  const { tenantId } = principal;
  const id = newId();
  const bytes = Buffer.from(content);
  const stored = Buffer.concat([headOf(id), bytes]);
  const sha256 = createHash('sha256').update(stored).digest('hex');
  const row = { id, tool, mediaType: mediaType.slice(0, 200), sha256, bytes: bytes.length };
  const limits = { createdBy: ownerOf(principal), keptSeconds, most: mostOfOrganization };
  // The row first: what it names is swept away by it, so that no blob is ever left that nobody knows of.
  const inserted = await database.tenant(tenantId, (tx) => insertResult(tx, { ...row, ...limits }));
  if (inserted === undefined) return undefined;
  try {
    await blob.put(tenantId, stored);
  } catch (error) {
    await database.tenant(tenantId, (tx) => deleteResult(tx, id));
    throw error;
  }
  return { id, uri: resultUri(id), bytes: bytes.length };
}

/** Blobs of the same content are one; the id before it gives each result its own, to be deleted alone. */
function headOf(id: string): Buffer {
  return Buffer.from(`${id}\n`, 'utf8');
}

async function read(
  { database, blob }: ResultStoreOptions,
  principal: Principal,
  { id, cursor, select = [] }: ReadRequest & { readonly id: string },
): Promise<ReadResult> {
  const { tenantId } = principal;
  const row = await database.tenant(tenantId, (tx) => selectResult(tx, id, ownerOf(principal)));
  const stored = row === undefined ? undefined : await blob.get(tenantId, row.sha256);
  if (row === undefined || stored === undefined) throw new MeshError('not_found', `There is no result ${id}.`);
  const content = stored.subarray(headOf(id).length);
  const selected = select.length === 0 ? content : selectedOf(content, select);
  return { row, ...pageOf(selected, { mediaType: row.mediaType, cursor, select }) };
}

function selectedOf(content: Uint8Array, select: readonly string[]): Uint8Array {
  const selection = readSelection(select) ?? true;
  return Buffer.from(JSON.stringify(selectFields(parsed(content), selection)) ?? 'null', 'utf8');
}

function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8')) as unknown;
  } catch {
    const message = 'is of JSON results only';
    throw new MeshError('invalid_request', 'Fields can be selected of JSON results only.', {
      issues: [{ path: 'query.select', message }],
    });
  }
}

async function sweep({ database, blob }: ResultStoreOptions, signal: AbortSignal): Promise<number> {
  for (let count = 0; ;) {
    const expired = await database.system('sweep', (tx) => selectExpired(tx, sweptAtOnce));
    for (const one of expired) {
      if (signal.aborted) return count;
      await blob.delete(one.tenantId, one.sha256);
      await database.system('sweep', (tx) => deleteExpired(tx, one));
      count += 1;
    }
    if (expired.length < sweptAtOnce) return count;
  }
}
