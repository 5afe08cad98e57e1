import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ReadReport } from './reading/reader-messages.ts';

/** How a service was read, and what could not be taken whole. */
interface ReadingRecord {
  /** Where the importer sends its calls, whatever the document says. */
  readonly baseUrl: string | undefined;
  readonly serverVariables: Readonly<Record<string, string>>;
  readonly report: ReadReport;
}

/** Keeps how a service was read in place of what was kept before. */
export async function updateReading(tx: Tx, toolId: string, reading: ReadingRecord): Promise<void> {
  const { skipped, loosened, findings } = reading.report;
  await sql`
    update mcp.tool_configurations
    set given_base_url = ${reading.baseUrl ?? null}, server_variables = ${JSON.stringify(reading.serverVariables)}::jsonb,
        report = ${JSON.stringify({ skipped, loosened, findings })}::jsonb
    where id = ${toolId}`.execute(tx);
}

/** The report of a service's last reading; undefined where there is no such service. */
export async function selectReport(tx: Tx, toolId: string): Promise<ReadReport | undefined> {
  const { rows } = await sql<{ report: Omit<ReadReport, 'findings'> & Partial<ReadReport> }>`
    select report from mcp.tool_configurations where id = ${toolId}`.execute(tx);
  const [row] = rows;
  // Readings of before did not look for any.
  return row && { ...row.report, findings: row.report.findings ?? [] };
}
