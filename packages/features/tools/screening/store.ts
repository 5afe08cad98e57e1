import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { OtherTool } from './screener.ts';

const mostOthers = 10_000;

/** The tools of the organization's services other than this one, by name. */
export async function selectOtherTools(tx: Tx, toolId?: string): Promise<readonly OtherTool[]> {
  const { rows } = await sql<OtherTool>`
    select t.name as service, o.key, o.name
    from mcp.tool_operations o
    join mcp.tool_configurations t on t.tenant_id = o.tenant_id and t.id = o.tool_id
    where o.tool_id is distinct from ${toolId ?? null} order by o.name limit ${mostOthers}`.execute(tx);
  return rows;
}
