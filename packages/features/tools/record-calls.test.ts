import { newId } from '@devmesh/foundation';
import { createTelemetry, type Database, type RunningTelemetry } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAudit, createAuditBodies } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import { createVault } from '../vault/index.ts';
import { createCallRecorder, type EndedCall } from './record-calls.ts';

/** Opened by the test; until then transactions of organizations wait before they commit. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A recorder over a real database whose transactions, which it counts, can be held before their commit. */
function recorderOver(database: Database, telemetry: RunningTelemetry) {
  const audit = createAudit({ database, tracer: telemetry.tracer, newId });
  const events = createEvents({ database, telemetry });
  const bodies = createAuditBodies({ database, vault: createVault({ masterKeys: newMasterKeys() }) });
  const state = { transactions: 0, held: Promise.resolve() };
  const watched: Database = {
    ...database,
    tenant: (tenantId, work) => {
      state.transactions += 1;
      return database.tenant(tenantId, async (tx) => {
        const result = await work(tx);
        await state.held;
        return result;
      });
    },
  };
  const recorder = createCallRecorder({ database: watched, audit, auditBodies: bodies, events, newId, telemetry });
  return { recorder, state, audit, events, bodies };
}

function endedCall(tenantId: string, number: number, rest: Partial<EndedCall> = {}): EndedCall {
  const name = `api_tool${String(number)}`;
  return {
    principal: { tenantId, keyId: newId(), keyType: 'admin', scopes: ['tools:call'], agentId: undefined },
    row: { toolId: newId(), name },
    host: 'api.test',
    arguments: { number },
    passThrough: false,
    outcome: 'allowed',
    result: { status: 200 },
    event: { summary: `${name} answered 200`, data: { name, status: 200, isError: false } },
    ...rest,
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the record of calls', () => {
  let database: Database;
  let telemetry: RunningTelemetry;
  let parts: ReturnType<typeof recorderOver>;
  beforeAll(async () => {
    database = await openTestDatabase();
    telemetry = createTelemetry({ service: 'test', level: 'error', pretty: false, destination: { write: () => true } });
    parts = recorderOver(database, telemetry);
  });
  afterAll(async () => {
    await parts.events.close();
    await telemetry.close();
    await database.close();
  });

  const linesOf = async (tenantId: string) => (await parts.audit.list(tenantId, { limit: 100 })).items;
  const eventsOf = async (tenantId: string) => (await parts.events.list(tenantId, { limit: 100 })).items;

  it('tells nobody before the line is committed, and commits together what ends meanwhile [audit.every-write]', async () => {
    const { recorder, state } = parts;
    const tenantId = await newTenant(database);
    const { opened, open } = gate();
    state.held = opened;
    state.transactions = 0;
    let told = 0;
    const records = Array.from({ length: 20 }, (_, number) =>
      recorder.record(endedCall(tenantId, number)).then(() => (told += 1)),
    );
    for (let round = 0; round < 50; round += 1) await turn();
    expect([told, state.transactions]).toEqual([0, 1]);
    open();
    await Promise.all(records);
    expect([told, state.transactions]).toEqual([20, 2]);
    const names = Array.from({ length: 20 }, (_, number) => `api_tool${String(number)}`).toSorted();
    expect((await linesOf(tenantId)).map(({ subject }) => subject).toSorted()).toEqual(names);
    expect((await eventsOf(tenantId)).map(({ data }) => String(data['name'])).toSorted()).toEqual(names);
  });

  it('keeps each call under its own caller, trace, outcome and arguments', async () => {
    const { recorder } = parts;
    const tenantId = await newTenant(database);
    const calls = Array.from({ length: 12 }, (_, number) =>
      endedCall(tenantId, number, {
        ...(number % 3 === 0 ? { outcome: 'failed' as const, result: { code: 'unavailable' } } : {}),
        passThrough: number % 2 === 0,
      }),
    );
    const wanted = await Promise.all(
      calls.map(async (call) =>
        telemetry.tracer.span('call', {}, async () => {
          await recorder.record(call);
          const { outcome, passThrough, result, row, principal } = call;
          const traceId = telemetry.tracer.traceId();
          const detail = { toolId: row.toolId, host: 'api.test', ...result, ...(passThrough ? { passThrough } : {}) };
          return { subject: row.name, actor: `key:${principal.keyId}`, outcome, traceId, detail };
        }),
      ),
    );
    const lines = await linesOf(tenantId);
    const events = await eventsOf(tenantId);
    expect(new Set(wanted.map(({ traceId }) => traceId)).size).toBe(12);
    for (const { detail, ...line } of wanted) {
      const found = lines.find(({ subject }) => subject === line.subject);
      expect(found).toMatchObject(line);
      const { arguments: digest, ...rest } = found!.detail;
      expect([rest, typeof digest]).toEqual([detail, 'string']);
      expect(events.find(({ data }) => data['name'] === line.subject)).toMatchObject({ traceId: line.traceId });
    }
    expect(new Set(lines.map(({ detail }) => detail['arguments'])).size).toBe(12);
  });

  it('refuses only the call whose line cannot be written', async () => {
    const { recorder } = parts;
    const tenantId = await newTenant(database);
    const settled = await Promise.allSettled(
      // PostgreSQL stores no zero character.
      Array.from({ length: 9 }, (_, number) =>
        recorder.record(endedCall(tenantId, number, number === 5 ? { host: 'a\u0000b' } : {})),
      ),
    );
    expect(settled.flatMap(({ status }, number) => (status === 'rejected' ? [number] : []))).toEqual([5]);
    const subjects = (await linesOf(tenantId)).map(({ subject }) => subject).toSorted();
    expect(subjects).toEqual([0, 1, 2, 3, 4, 6, 7, 8].map((number) => `api_tool${String(number)}`));
    expect(await eventsOf(tenantId)).toHaveLength(8);
  });

  it('keeps the arguments of each call with its own line, and only where its organization wants it [audit.bodies]', async () => {
    const { recorder, bodies } = parts;
    const [keeping, other] = [await newTenant(database), await newTenant(database)];
    await database.tenant(keeping, (tx) =>
      sql`update mcp.organizations set settings = '{"auditBodies":true}'::jsonb`.execute(tx),
    );
    const calls = Array.from({ length: 10 }, (_, number) => endedCall(number % 2 === 0 ? keeping : other, number));
    await Promise.all(calls.map((call) => recorder.record(call)));
    const kept = await linesOf(keeping);
    expect(kept.map(({ subject }) => subject).toSorted()).toEqual(
      [0, 2, 4, 6, 8].map((one) => `api_tool${String(one)}`),
    );
    for (const { id, subject } of kept) {
      expect(await bodies.open(keeping, id)).toEqual({ number: Number(subject.slice('api_tool'.length)) });
    }
    expect(await linesOf(other)).toHaveLength(5);
    const count = (tx: Parameters<Parameters<Database['tenant']>[1]>[0]) =>
      sql<{ count: number }>`select count(*)::int as count from mcp.audit_bodies`.execute(tx);
    expect((await database.tenant(other, count)).rows[0]?.count).toBe(0);
  });
});
