import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

interface StarterRow {
  readonly organization: string;
  readonly email: string | null;
}

/** The names of the organization and of the person in it who begins a consent, for the page at its end. */
export async function selectStarter(tx: Tx, userId: string | null): Promise<StarterRow> {
  const { rows } = await sql<StarterRow>`
    select name as organization, (select email from mcp.users where id = ${userId}::uuid) as email
    from mcp.organizations`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('The organization is gone.');
  return row;
}
