import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, protocol } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto';
import type {
  PgliteAnswer,
  PgliteEvent,
  PgliteFailure,
  PgliteOutcome,
  PgliteRequest,
  PgliteStart,
} from './pglite-messages.ts';
import type { WireValue } from './values.ts';

const { serialize, messages } = protocol;

function tell(event: PgliteEvent): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(event);
}

async function open({ folder, snapshot }: PgliteStart): Promise<PGlite> {
  return PGlite.create({
    ...(folder === undefined ? {} : { dataDir: folder }),
    ...(snapshot === undefined
      ? {}
      : { loadDataDir: new Blob([new Uint8Array(snapshot)], { type: 'application/gzip' }) }),
    extensions: { vector, pg_trgm, pgcrypto },
    relaxedDurability: false,
  });
}

async function answer(pglite: PGlite, request: PgliteRequest): Promise<PgliteAnswer> {
  if (request.kind === 'query') return query(pglite, request);
  if (request.kind === 'script') return send(pglite, serialize.query(request.text));
  if (request.kind === 'dump') return { ...empty, bytes: await dump(pglite) };
  await pglite.close();
  return empty;
}

const empty: PgliteAnswer = { columns: [], rows: [], tag: '' };

const preparedHere = new Set<string>();

async function query(pglite: PGlite, { text, values, name }: Query): Promise<PgliteAnswer> {
  if (name === undefined) return send(pglite, statement([serialize.parse({ text })], undefined, values));
  if (preparedHere.has(name)) return send(pglite, statement([], name, values));
  // Closed first: where it was prepared and then failed, it is still there.
  const parse = [serialize.close({ type: 'S', name }), serialize.parse({ name, text })];
  const result = await send(pglite, statement(parse, name, values));
  preparedHere.add(name);
  return result;
}

type Query = Extract<PgliteRequest, { kind: 'query' }>;

// One message for parse, bind, describe, execute and sync: PGlite's own `query` makes five calls of it.
function statement(parse: readonly Uint8Array[], name: string | undefined, values: readonly WireValue[]): Uint8Array {
  return Buffer.concat([
    ...parse,
    serialize.bind({ values: [...values], ...(name === undefined ? {} : { statement: name }) }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    serialize.sync(),
  ]);
}

async function send(pglite: PGlite, message: Uint8Array): Promise<PgliteAnswer> {
  const result = await pglite.execProtocol(message, { throwOnError: true });
  let columns: PgliteAnswer['columns'] = [];
  let rows: (string | null)[][] = [];
  let tag = '';
  for (const part of result.messages) {
    if (part instanceof messages.RowDescriptionMessage) {
      columns = part.fields.map((field) => ({ name: field.name, type: field.dataTypeID }));
      rows = [];
    } else if (part instanceof messages.DataRowMessage) {
      rows.push(part.fields);
    } else if (part instanceof messages.CommandCompleteMessage) {
      tag = part.text;
    }
  }
  return { columns, rows, tag };
}

async function dump(pglite: PGlite): Promise<Uint8Array> {
  // A snapshot of checkpointed files opens without replaying the log.
  await pglite.exec('checkpoint');
  const file = await pglite.dumpDataDir('gzip');
  return new Uint8Array(await file.arrayBuffer());
}

function failureOf(error: unknown): PgliteFailure {
  const fields: Record<string, string> = {};
  for (const name of ['code', 'severity', 'detail', 'hint', 'schema', 'table', 'column', 'constraint', 'where']) {
    const value = (error as Record<string, unknown>)[name];
    if (typeof value === 'string') fields[name] = value;
  }
  return { message: error instanceof Error ? error.message : String(error), fields };
}

async function outcomeOf(pglite: PGlite, request: PgliteRequest): Promise<PgliteOutcome> {
  try {
    return { kind: 'answer', id: request.id, answer: await answer(pglite, request) };
  } catch (error) {
    return { kind: 'failure', id: request.id, failure: failureOf(error) };
  }
}

/** What was asked together is answered together; a failure at once, for after some nothing is answered any more. */
async function serve(pglite: PGlite, requests: readonly PgliteRequest[]): Promise<void> {
  let outcomes: PgliteOutcome[] = [];
  for (const [index, request] of requests.entries()) {
    const outcome = await outcomeOf(pglite, request);
    outcomes.push(outcome);
    if (outcome.kind === 'answer' && index < requests.length - 1) continue;
    tell({ kind: 'outcomes', outcomes });
    outcomes = [];
  }
  if (requests.at(-1)?.kind === 'close') parentPort?.close();
}

async function main(): Promise<void> {
  let pglite: PGlite;
  try {
    pglite = await open(workerData as PgliteStart);
  } catch (error) {
    tell({ kind: 'unopened', failure: failureOf(error) });
    return;
  }
  pglite.onNotification((channel, payload) => {
    tell({ kind: 'notification', channel, payload });
  });
  let previous: Promise<void> = Promise.resolve();
  parentPort?.on('message', (requests: readonly PgliteRequest[]) => {
    previous = previous.then(() => serve(pglite, requests));
  });
  tell({ kind: 'ready' });
}

await main();
