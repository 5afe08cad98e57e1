import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshError, newId, silentTelemetry } from '@devmesh/foundation';
import { openFileJournal, type Database, type Journal } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAudit, createAuditBodies } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import { createVault } from '../vault/index.ts';
import { createCallRecorder, type EndedCall } from './record-calls.ts';

const telemetry = silentTelemetry;

function endedCall(tenantId: string, name: string): EndedCall {
  return {
    principal: { tenantId, keyId: newId(), keyType: 'admin', scopes: ['tools:call'], agentId: undefined },
    row: { toolId: newId(), name },
    host: 'api.test',
    arguments: { word: 'argument-of-a-call' },
    passThrough: false,
    outcome: 'allowed',
    result: { status: 200 },
    event: { summary: `${name} answered 200`, data: { name, status: 200, isError: false } },
  };
}

describe('calls whose records are committed after they were answered', () => {
  let database: Database;
  let folder: string;
  let journal: Journal;
  /** What transactions of organizations do before they commit. */
  let before: () => Promise<void>;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devmesh-early-'));
    journal = await openFileJournal({ folder, log: telemetry.log });
    before = () => Promise.resolve();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (over: Journal = journal) => {
    let killed = false;
    const watched: Database = {
      ...database,
      tenant: (tenantId, work) =>
        database.tenant(tenantId, async (tx) => {
          const result = await work(tx);
          await before();
          if (killed) throw new MeshError('unavailable', 'The process is gone.');
          return result;
        }),
    };
    const audit = createAudit({ database, journal: over, tracer: telemetry.tracer, newId });
    const events = createEvents({ database, journal: over, telemetry });
    const auditBodies = createAuditBodies({ database, vault: createVault({ masterKeys: newMasterKeys() }) });
    const parts = { database: watched, journal: over, audit, auditBodies, events, newId, telemetry };
    const recorder = createCallRecorder(parts);
    const told = async (tenantId: string) => {
      const [lines, happened] = [
        await audit.list(tenantId, { limit: 100 }),
        await events.list(tenantId, { limit: 100 }),
      ];
      return {
        lines: lines.items.map(({ subject }) => subject).toSorted(),
        events: happened.items.map(({ data }) => String(data['name'])).toSorted(),
      };
    };
    return { recorder, told, kill: () => void (killed = true) };
  };
  const both = (...names: string[]) => ({ lines: names, events: names });
  /** Of an organization that is known to keep no arguments. */
  const known = async (recorder: ReturnType<typeof open>['recorder']): Promise<string> => {
    const tenantId = await newTenant(database);
    await recorder.record(endedCall(tenantId, 'first'));
    return tenantId;
  };

  it('are in the journal when they are answered, and told to whoever asks after [audit.every-write]', async () => {
    const { recorder, told } = open();
    const tenantId = await known(recorder);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    before = () => held;
    await recorder.record(endedCall(tenantId, 'second'));
    expect(journal.open).toBe(1);
    const next = await openFileJournal({ folder, log: telemetry.log });
    expect(next.left.map(({ text }) => text.includes('second'))).toEqual([true]);
    expect(next.left[0]?.text).not.toContain('argument-of-a-call');
    const asked = told(tenantId);
    release();
    expect(await asked).toEqual(both('first', 'second'));
    await recorder.close();
    expect(journal.open).toBe(0);
  });

  it('are written by the next process where this one was killed, each once [audit.every-write, journal.survives]', async () => {
    const { recorder, told, kill } = open();
    const tenantId = await known(recorder);
    await recorder.record(endedCall(tenantId, 'committed'));
    await told(tenantId);
    // From here on what is answered stays in the journal only; what was settled is found there as well.
    kill();
    await recorder.record(endedCall(tenantId, 'answered'));
    await recorder.close();
    const gone = await newTenant(database);
    await journal.keep(gone, JSON.stringify({ audit: {}, event: {} }).replace('{}', '{"id":"no id"}'));
    const next = await openFileJournal({ folder, log: telemetry.log });
    expect(next.left.map(({ text }) => /"subject":"(\w+)"/u.exec(text)?.[1])).toEqual([
      'committed',
      'answered',
      undefined,
    ]);
    const again = open(next);
    expect(await again.told(tenantId)).toEqual(both('answered', 'committed', 'first'));
    await again.recorder.close();
    // What cannot be written is left for somebody to look at.
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('are tried again while the database is away', async () => {
    const { recorder, told } = open();
    const tenantId = await known(recorder);
    let failures = 2;
    before = () => ((failures -= 1) < 0 ? Promise.resolve() : Promise.reject(new MeshError('unavailable', 'away')));
    await recorder.record(endedCall(tenantId, 'second'));
    expect(await told(tenantId)).toEqual(both('first', 'second'));
    await recorder.close();
  });

  it('wait for their commits where arguments are kept, and where the journal cannot be written [audit.bodies]', async () => {
    const { recorder } = open();
    const tenantId = await newTenant(database);
    await database.tenant(tenantId, (tx) =>
      sql`update mcp.organizations set settings = '{"auditBodies":true}'::jsonb`.execute(tx),
    );
    before = () => Promise.reject(new MeshError('unavailable', 'away'));
    await expect(recorder.record(endedCall(tenantId, 'first'))).rejects.toMatchObject({ code: 'unavailable' });
    before = () => Promise.resolve();
    for (const name of ['second', 'third']) await recorder.record(endedCall(tenantId, name));
    expect(await readdir(folder)).toEqual([]);
    const other = await known(recorder);
    await rm(folder, { recursive: true });
    before = () => Promise.reject(new Error('refused'));
    await expect(recorder.record(endedCall(other, 'second'))).rejects.toThrow('refused');
    await recorder.close();
  });
});
