import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase } from './embedded.ts';
import { fileURLToPath } from 'node:url';
import type { PgliteDatabase } from './pglite.ts';
let db: PgliteDatabase;
const migrations = ['core', 'rag'].map((name) => ({
  name,
  folder: fileURLToPath(new URL(`../../../migrations/${name}`, import.meta.url)),
}));
beforeAll(async () => {
  db = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations });
});
afterAll(() => db?.close());
test('x', async () => {
  const r = await db.tenant(
    '00000000-0000-0000-0000-000000000001',
    async (tx) =>
      (
        await sql`select current_user, now(), 1::bigint as b, ${[1, 2]}::int[] as a, ${{ a: 1 }}::jsonb as j, current_setting('app.tenant_id') as t`.execute(
          tx,
        )
      ).rows,
  );
  console.log(r);
  expect(1).toBe(1);
});
