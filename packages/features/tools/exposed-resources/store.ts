import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { OperationRow } from '../store.ts';

/** The operations that are read as resources, by name, one more than `limit`. */
export async function selectResources(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly OperationRow[]> {
  const { rows } = await sql<OperationRow>`
    select o.name, o.title, o.description, o.input_schema as "inputSchema", o.output_schema as "outputSchema",
           o.annotations, o.method, o.tags, t.name as service, coalesce(o.server_url, t.base_url) as server
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.exposure = 'resource' and o.hidden_by = 'rule' and (${after ?? null}::text is null or o.name > ${after ?? ''}::text)
    order by o.name limit ${limit + 1}`.execute(tx);
  return rows;
}
