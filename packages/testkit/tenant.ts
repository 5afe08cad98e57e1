import { newId } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** The id of a new organization of its own, so that tests on one database do not see each other. */
export async function newTenant(database: Database): Promise<string> {
  const id = newId();
  await database.tenant(id, async (tx) => {
    const { rows } = await sql<{ present: boolean }>`
      select to_regclass('mcp.organizations') is not null as present`.execute(tx);
    if (rows[0]?.present !== true) return;
    await sql`insert into mcp.organizations (id, slug, name) values (${id}, ${`org-${id}`}, ${`Organization ${id}`})`.execute(
      tx,
    );
  });
  return id;
}
