import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { PolicyTest } from './policy-test.ts';

/** One version of an organization's policies. */
export interface PolicyVersion {
  readonly revision: number;
  readonly text: string;
  readonly tests: readonly PolicyTest[];
  readonly comment: string | null;
  readonly changedBy: string;
  /** ISO 8601. */
  readonly changedAt: string;
}

const columns = sql`revision, policies as text, tests, comment, changed_by as "changedBy",
  to_char(changed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "changedAt"`;

/** The version that holds; undefined where there never was one. */
export async function selectCurrent(tx: Tx): Promise<PolicyVersion | undefined> {
  const { rows } = await sql<PolicyVersion>`
    select ${columns} from mcp.policy_versions order by revision desc limit 1`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectVersions(
  tx: Tx,
  before: number | undefined,
  limit: number,
): Promise<readonly PolicyVersion[]> {
  const { rows } = await sql<PolicyVersion>`
    select ${columns} from mcp.policy_versions
    where ${before ?? null}::integer is null or revision < ${before ?? null}::integer
    order by revision desc limit ${limit + 1}`.execute(tx);
  return rows;
}

interface NewVersion {
  readonly text: string;
  readonly tests: readonly PolicyTest[];
  readonly comment: string | undefined;
  readonly changedBy: string;
}

/** Adds the version that follows `after`; undefined where another one followed it already, or nothing leads to it. */
export async function insertVersion(tx: Tx, after: number, version: NewVersion): Promise<PolicyVersion | undefined> {
  const { rows } = await sql<PolicyVersion>`
    insert into mcp.policy_versions (tenant_id, revision, policies, tests, comment, changed_by)
    select current_setting('app.tenant_id')::uuid, ${after + 1}::integer, ${version.text}::text,
      ${JSON.stringify(version.tests)}::jsonb, ${version.comment ?? null}::text, ${version.changedBy}::text
    where ${after}::integer = (select coalesce(max(revision), 0) from mcp.policy_versions)
    on conflict (tenant_id, revision) do nothing
    returning ${columns}`.execute(tx);
  return rows[0];
}
