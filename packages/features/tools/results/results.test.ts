import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, silentTelemetry } from '@devmesh/foundation';
import { openFileBlob, type Blob, type Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { pageBytes } from './result-page.ts';
import { createResults, type ReadRequest, type ResultStore } from './result-store.ts';

describe('kept results', () => {
  let database: Database;
  let blob: Blob;
  let folder: string;
  let results: ResultStore;
  let caller: Principal;
  beforeAll(async () => {
    database = await openTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'results-'));
    blob = await openFileBlob({ folder, maximumBytes: 10_000_000 });
    results = createResults({ database, blob, newId, telemetry: silentTelemetry });
    caller = { tenantId: await newTenant(database), keyId: newId(), keyType: 'user', scopes: [], agentId: undefined };
  }, 120_000);
  afterAll(async () => {
    await blob.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  const keep = async (
    content: string | Uint8Array,
    mediaType = 'application/json',
    principal = caller,
  ): Promise<string> => {
    const kept = await results.keep(principal, { tool: 'things_list', mediaType, content });
    return kept?.id ?? '';
  };
  const readAll = async (id: string, request: ReadRequest = {}): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for (let cursor: string | undefined, pages = 0; pages < 50; pages += 1) {
      const page = await results.read(caller, id, { ...request, cursor });
      parts.push(page.base64 === undefined ? Buffer.from(page.text ?? '', 'utf8') : Buffer.from(page.base64, 'base64'));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    return Buffer.concat(parts);
  };
  const files = async (): Promise<number> => {
    const names = await readdir(join(folder, caller.tenantId), { recursive: true });
    return names.filter((name) => /[0-9a-f]{64}$/u.test(name)).length;
  };
  const notFound = expect.objectContaining({ code: 'not_found' }) as Error;

  it('are read back whole by pages, never inside a character [tools.large-results]', async () => {
    const text = `x${'🙂'.repeat(pageBytes)}`;
    const id = await keep(text, 'text/plain');
    expect((await readAll(id)).toString('utf8')).toBe(text);
    const bytes = Buffer.alloc(3 * pageBytes + 7, 0xff);
    expect((await readAll(await keep(bytes, 'application/zip'))).equals(bytes)).toBe(true);
    const { row, nextCursor } = await results.read(caller, id, {});
    expect(row).toMatchObject({ tool: 'things_list', mediaType: 'text/plain', bytes: Buffer.byteLength(text) });
    expect(nextCursor).toBeDefined();
    const hours = (row.expiresAt.getTime() - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
  });

  it('show the fields that are asked for, by a cursor of that selection alone', async () => {
    const items = Array.from({ length: 9_000 }, (_, n) => ({ n, name: `item ${String(n)}`, more: 'x'.repeat(10) }));
    const id = await keep(JSON.stringify({ items, total: 9_000 }));
    const select = ['items.name'];
    expect(JSON.parse((await readAll(id, { select })).toString('utf8'))).toEqual({
      items: items.map(({ name }) => ({ name })),
    });
    const { nextCursor } = await results.read(caller, id, { select });
    await expect(results.read(caller, id, { cursor: nextCursor })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(results.read(caller, await keep('no JSON', 'text/plain'), { select })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('are read by nobody but the agent, person or key that called [tools.large-results]', async () => {
    const person = { ...caller, userId: newId() };
    const agent = { ...person, agentId: newId() };
    const ids = await Promise.all([caller, person, agent].map((one) => keep('{}', 'application/json', one)));
    const others = [
      { ...caller, keyId: newId() },
      { ...person, userId: newId() },
      { ...agent, agentId: newId() },
      { ...caller, tenantId: await newTenant(database) },
    ];
    for (const id of ids)
      for (const other of others) await expect(results.read(other, id, {})).rejects.toThrow(notFound);
    await expect(results.read(person, ids[0] ?? '', {})).rejects.toThrow(notFound);
    await expect(results.read({ ...person, keyId: newId() }, ids[1] ?? '', {})).resolves.toMatchObject({ text: '{}' });
  });

  it('are gone after their time, with their content, and each alone', async () => {
    const expire = (id: string): Promise<unknown> =>
      database.tenant(caller.tenantId, (tx) =>
        sql`update mcp.tool_results set expires_at = now() - interval '1 second' where id = ${id}`.execute(tx),
      );
    const [old, young] = [await keep('{"same":1}'), await keep('{"same":1}')];
    const before = await files();
    await expire(old);
    await expect(results.read(caller, old, {})).rejects.toThrow(notFound);
    expect(await results.sweep(new AbortController().signal)).toBe(1);
    expect(await files()).toBe(before - 1);
    await expect(results.read(caller, young, {})).resolves.toMatchObject({ text: '{"same":1}' });
  });

  it('leave nothing behind where their content cannot be stored, and the call goes on', async () => {
    const full = { ...blob, put: () => Promise.reject(new Error('disk full')) };
    const failing = createResults({ database, blob: full, newId, telemetry: silentTelemetry });
    const count = async (): Promise<number> =>
      (await database.tenant(caller.tenantId, (tx) => sql`select 1 from mcp.tool_results`.execute(tx))).rows.length;
    const before = await count();
    expect(await failing.keep(caller, { tool: 't', mediaType: 'text/plain', content: 'x' })).toBeUndefined();
    expect(await count()).toBe(before);
  });

  it('are no more than an organization may have at once', async () => {
    const crowded = { ...caller, tenantId: await newTenant(database) };
    await database.tenant(crowded.tenantId, (tx) =>
      sql`insert into mcp.tool_results (tenant_id, id, tool_name, media_type, sha256, bytes, created_by, expires_at)
          select ${crowded.tenantId}::uuid, gen_random_uuid(), 't', 'text/plain', repeat('0', 64), 0, 'key:x', now() + interval '1 day'
          from generate_series(1, 2000)`.execute(tx),
    );
    expect(await results.keep(crowded, { tool: 't', mediaType: 'text/plain', content: 'x' })).toBeUndefined();
  });
});
