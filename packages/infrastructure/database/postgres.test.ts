import { randomUUID } from 'node:crypto';
import { createServer, connect as connectSocket, type AddressInfo, type Server, type Socket } from 'node:net';
import { silentTelemetry } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseContract } from './contract.ts';
import { migrateUp } from './migrate.ts';
import type { Database } from './port.ts';
import { openPostgres, openPostgresMigrations } from './postgres.ts';
import { productMigrations } from './product-migrations.ts';

const serverUrl = process.env['DATABASE_URL'] ?? '';
const tenant = '0197a1de-0000-7000-8000-000000000001';

interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

async function onServer(statement: string): Promise<void> {
  const server = await openPostgresMigrations(serverUrl);
  await server.script(statement);
  await server.close();
}

async function createOwnDatabase(): Promise<OwnDatabase> {
  const name = `devmesh_own_${randomUUID().replaceAll('-', '')}`;
  await onServer(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const connection = await openPostgresMigrations(url.href);
  await migrateUp({ connection, services: productMigrations });
  await connection.close();
  return { url: url.href, drop: () => onServer(`drop database if exists ${name} with (force)`) };
}

describe.skipIf(serverUrl === '')('PostgreSQL (runs where DATABASE_URL is set)', () => {
  databaseContract('PostgreSQL', async () => {
    const own = await createOwnDatabase();
    const database = openPostgres({ url: own.url, pool: 4, telemetry: silentTelemetry });
    return {
      database,
      migrationConnection: () => openPostgresMigrations(own.url),
      close: async () => {
        await database.close();
        await own.drop();
      },
    };
  });

  describe('on a network that breaks', () => {
    let own: OwnDatabase;
    let wire: Wire;
    let database: Database;
    beforeAll(async () => {
      own = await createOwnDatabase();
      wire = await createWire(own.url);
      database = openPostgres({ url: wire.url, pool: 2, telemetry: silentTelemetry });
    });
    afterAll(async () => {
      await database.close();
      await wire.cut();
      await own.drop();
    });

    test('a broken connection gives unavailable, and the next transaction a new connection', async () => {
      const attempt = database.tenant(tenant, async (tx) => {
        await sql`select 1`.execute(tx);
        await wire.cut();
        await wire.mend();
        await sql`select 1`.execute(tx);
      });
      await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
      await expect(database.ping()).resolves.toBeUndefined();
    });

    test('an unreachable server gives unavailable, and works again once it is back', async () => {
      await wire.cut();
      await expect(database.ping()).rejects.toMatchObject({ code: 'unavailable' });
      await expect(database.tenant(tenant, (tx) => sql`select 1`.execute(tx))).rejects.toMatchObject({
        code: 'unavailable',
      });
      await expect(database.listen('contract', () => undefined)).rejects.toMatchObject({ code: 'unavailable' });
      await wire.mend();
      await expect(database.ping()).resolves.toBeUndefined();
    });

    test('a server that hangs gives unavailable soon, on connections that it had already too', async () => {
      const hung = openPostgres({ url: wire.url, pool: 2, telemetry: silentTelemetry, statementMilliseconds: 600_000 });
      const ask = (): Promise<unknown> => hung.tenant(tenant, (tx) => sql`select 1`.execute(tx));
      await Promise.all([ask(), ask()]);
      wire.hang(true);
      const answers = await Promise.allSettled([ask(), ask(), ask(), hung.ping()]);
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
      wire.hang(false);
      await expect(ask()).resolves.toBeDefined();
      await hung.close();
    });

    test('listeners hear again after their connection was lost', async () => {
      const heard: string[] = [];
      const stop = await database.listen('contract_again', (payload) => heard.push(payload));
      await wire.cut();
      await wire.mend();
      await expect
        .poll(async () => {
          await database.notify('contract_again', 'back');
          return heard.at(-1);
        })
        .toBe('back');
      await stop();
    });
  });

  test('a statement over its time limit is cancelled and gives unavailable', async () => {
    const impatient = openPostgres({ url: serverUrl, pool: 1, telemetry: silentTelemetry, statementMilliseconds: 100 });
    const attempt = impatient.tenant(tenant, (tx) => sql`select pg_sleep(30)`.execute(tx));
    await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
    await expect(impatient.ping()).resolves.toBeUndefined();
    await impatient.close();
  });

  test('a wrong password is a wrong configuration, and the message does not repeat it', async () => {
    const url = new URL(serverUrl);
    url.password = 'not-the-password';
    const attempt = openPostgresMigrations(url.href);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(attempt).rejects.not.toThrow(/not-the-password/u);
  });

  test('a deadlock between two transactions is resolved by running one of them again', async () => {
    const own = await createOwnDatabase();
    const database = openPostgres({ url: own.url, pool: 4, telemetry: silentTelemetry });
    const connection = await openPostgresMigrations(own.url);
    await connection.script(`create table mcp.counter (tenant_id uuid, id integer, n integer default 0);
      insert into mcp.counter values ('${tenant}', 1), ('${tenant}', 2); call mcp.protect('counter');`);
    await connection.close();
    let waiting = 0;
    const addInOrder = (first: number, second: number): Promise<void> =>
      database.tenant(tenant, async (tx) => {
        await sql`update mcp.counter set n = n + 1 where id = ${first}`.execute(tx);
        waiting += 1;
        await expect.poll(() => waiting).toBeGreaterThanOrEqual(2);
        await sql`update mcp.counter set n = n + 1 where id = ${second}`.execute(tx);
      });
    await Promise.all([addInOrder(1, 2), addInOrder(2, 1)]);
    const { rows } = await database.tenant(tenant, (tx) => sql`select n from mcp.counter`.execute(tx));
    expect(rows).toEqual([{ n: 2 }, { n: 2 }]);
    expect(waiting).toBe(3);
    await database.close();
    await own.drop();
  });
});

test('an address where nothing listens gives unavailable', async () => {
  const database = openPostgres({ url: 'postgres://u:p@127.0.0.1:1/x', pool: 1, telemetry: silentTelemetry });
  await expect(database.ping()).rejects.toMatchObject({ code: 'unavailable' });
  await database.close();
});

/** A TCP proxy before the server, which the tests cut and mend. */
interface Wire {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** While it hangs, connections stay and nothing passes. */
  hang(hanging: boolean): void;
}

async function createWire(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let ownPort = 0;
  let hanging = false;
  const mend = async (): Promise<void> => {
    const next = createServer((near) => {
      const far = connectSocket(Number(port), hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
      if (hanging) {
        near.pause();
        far.pause();
      }
    });
    await new Promise<void>((resolve) => {
      next.listen(ownPort, '127.0.0.1', resolve);
    });
    ownPort = (next.address() as AddressInfo).port;
    server = next;
  };
  const cut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      if (closing === undefined) resolve(undefined);
      else closing.close(resolve);
    });
  };
  const hang = (now: boolean): void => {
    hanging = now;
    for (const socket of sockets) {
      if (now) socket.pause();
      else socket.resume();
    }
  };
  await mend();
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(ownPort);
  return { url: url.href, cut, mend, hang };
}
