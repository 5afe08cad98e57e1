import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { DatabaseEngine } from './contract.ts';
import type { Tx } from './port.ts';
import { prepared } from './prepared.ts';

/** More than the server looks at single plans before it may keep one. */
const often = 8;

async function countInbox(tx: Tx): Promise<number> {
  const { rows } = await sql<{
    count: string;
  }>`${prepared} select count(*)::text as count from mcp.contract_inbox`.execute(tx);
  return Number(rows[0]?.count);
}

async function quotient(tx: Tx, divisor: number): Promise<number> {
  const { rows } = await sql<{ result: number }>`${prepared} select 12 / ${divisor}::int as result`.execute(tx);
  return Number(rows[0]?.result);
}

/** What statements that are prepared promise beside what all do. */
export function preparedContract(of: () => DatabaseEngine): void {
  describe('a prepared statement', () => {
    test('shows each tenant its own rows and a job all, whoever sent it before [tenancy.no-foreign-rows]', async () => {
      const { database } = of();
      const tenants = [randomUUID(), randomUUID()] as const;
      for (const [at, tenantId] of tenants.entries()) {
        for (let row = 0; row <= at; row += 1) {
          await database.tenant(tenantId, (tx) =>
            sql`insert into mcp.contract_inbox (tenant_id, id) values (${tenantId}, ${randomUUID()})`.execute(tx),
          );
        }
      }
      for (let round = 0; round < often; round += 1) {
        const seen = [
          await database.tenant(tenants[0], countInbox),
          await database.tenant(tenants[1], countInbox),
          await database.tenant(randomUUID(), countInbox),
        ];
        expect(seen).toEqual([1, 2, 0]);
        expect(await database.system('sweep', countInbox)).toBeGreaterThanOrEqual(3);
        expect(await database.system('health', countInbox).catch(() => 0)).toBe(0);
      }
    });

    test('can be sent again after it has failed, the first time as later', async () => {
      const { database } = of();
      const tenantId = randomUUID();
      for (let round = 0; round < often; round += 1) {
        await expect(database.tenant(tenantId, (tx) => quotient(tx, 0))).rejects.toThrow(/zero|failed/iu);
        expect(await database.tenant(tenantId, (tx) => quotient(tx, 4))).toBe(3);
      }
    });

    test('follows changes of its tables', async () => {
      const { database } = of();
      const tenantId = randomUUID();
      expect(await database.tenant(tenantId, countInbox)).toBe(0);
      const connection = await of().migrationConnection();
      await connection.script(
        'alter table mcp.contract_inbox add column later text; create index on mcp.contract_inbox (later)',
      );
      await connection.close();
      expect(await database.tenant(tenantId, countInbox)).toBe(0);
    });
  });
}
