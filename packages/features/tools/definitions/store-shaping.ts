import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { RouteRule } from './route-rules.ts';
import type { Override, Shaping } from './shape.ts';

/** All that the organization says of the definitions of a service. */
export async function selectShaping(tx: Tx, toolId: string): Promise<Shaping> {
  const { rows } = await sql<{ rules: readonly RouteRule[] }>`
    select rules from mcp.tool_route_rules where tool_id = ${toolId} or tool_id is null
    order by tool_id nulls last`.execute(tx);
  const { rows: overrides } = await sql<{ key: string; override: Override }>`
    select key, override from mcp.tool_overrides where tool_id = ${toolId}`.execute(tx);
  return {
    rules: rows.flatMap((row) => row.rules),
    overrides: new Map(overrides.map(({ key, override }) => [key, override])),
  };
}
