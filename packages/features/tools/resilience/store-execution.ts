import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ExecutionSettings } from './settings.ts';

interface StoredExecution {
  readonly kind: 'openapi' | 'mcp';
  /** Null where the organization set nothing. */
  readonly settings: Partial<ExecutionSettings> | null;
}

/** What is set for a service; undefined where there is no such service. */
export async function selectExecution(tx: Tx, toolId: string): Promise<StoredExecution | undefined> {
  const { rows } = await sql<StoredExecution>`
    select kind, execution as settings from mcp.tool_configurations where id = ${toolId}`.execute(tx);
  return rows[0];
}

/** Replaces what is set for a service. */
export async function updateExecution(tx: Tx, toolId: string, settings: Partial<ExecutionSettings>): Promise<void> {
  await sql`
    update mcp.tool_configurations set execution = ${JSON.stringify(settings)}::jsonb where id = ${toolId}`.execute(tx);
}
