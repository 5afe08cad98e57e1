import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

type RepositoryStatus = 'queued' | 'indexing' | 'ready' | 'failed';

export interface RepositoryRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly status: RepositoryStatus;
  readonly error: string | null;
  readonly commit: string | null;
  readonly branch: string | null;
  readonly fileCount: number;
  readonly chunkCount: number;
  readonly progress: number;
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly indexedAt: Date | null;
}

/** A repository as the run that holds its lease sees it. */
export interface Lease extends RepositoryRow {
  readonly fence: number;
  readonly generation: number;
  readonly requests: number;
  readonly attempts: number;
}

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;
const columns = sql`id, name, path, status, error, "commit", branch, file_count as "fileCount",
  chunk_count as "chunkCount", progress, traceparent, created_at as "createdAt", indexed_at as "indexedAt"`;
/** How long a run may stay silent before another one takes over. */
const leaseEnd = sql`now() + interval '30 seconds'`;

interface NewRepository {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly traceparent: string | undefined;
}

/** Inserts a queued repository; undefined where the name is taken. */
export async function insertRepository(tx: Tx, row: NewRepository): Promise<RepositoryRow | undefined> {
  const { rows } = await sql<RepositoryRow>`
    insert into mcp.github_repositories (tenant_id, id, name, path, traceparent)
    values (${ownTenant}, ${row.id}, ${row.name}, ${row.path}, ${row.traceparent ?? null})
    on conflict (tenant_id, name) do nothing returning ${columns}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectRepositories(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly RepositoryRow[]> {
  const { rows } = await sql<RepositoryRow>`
    select ${columns} from mcp.github_repositories
    where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** One repository, or all, in no order. */
export async function selectForSearch(tx: Tx, id: string | undefined): Promise<readonly RepositoryRow[]> {
  const { rows } = await sql<RepositoryRow>`
    select ${columns} from mcp.github_repositories
    where ${id ?? null}::uuid is null or id = ${id ?? null}::uuid`.execute(tx);
  return rows;
}

/** The id of the repository with the first of these names that is one's; undefined where none is. */
export async function selectRepositoryIdByName(tx: Tx, names: readonly string[]): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from mcp.github_repositories where name = any(${[...names]}::text[])
    order by array_position(${[...names]}::text[], name) limit 1`.execute(tx);
  return rows[0]?.id;
}

/** Asks for another run: at once, or, while one is under way, after that. Undefined where there is no such repository. */
export async function requestRun(
  tx: Tx,
  id: string,
  traceparent: string | undefined,
): Promise<RepositoryRow | undefined> {
  const { rows } = await sql<RepositoryRow>`
    update mcp.github_repositories
    set requests = requests + 1, attempts = 0, traceparent = ${traceparent ?? null},
        status = case status when 'indexing' then 'indexing' else 'queued' end,
        error = case status when 'indexing' then error end,
        progress = case status when 'indexing' then progress else 0 end,
        next_attempt_at = case status when 'indexing' then next_attempt_at else now() + interval '15 seconds' end
    where id = ${id} returning ${columns}`.execute(tx);
  return rows[0];
}

/** Takes the lease of a repository that waits, or whose run fell silent; undefined when there is nothing to take. */
export async function claimRepository(tx: Tx, id: string): Promise<Lease | undefined> {
  const { rows } = await sql<Lease>`
    update mcp.github_repositories
    set status = 'indexing', fence = fence + 1, attempts = attempts + 1, progress = 0,
        lease_expires_at = ${leaseEnd}, next_attempt_at = ${leaseEnd}
    where id in (
      select id from mcp.github_repositories
      where id = ${id} and (status = 'queued' or (status = 'indexing' and lease_expires_at <= now()))
      for update skip locked
    )
    returning ${columns}, fence, generation, requests, attempts`.execute(tx);
  return rows[0];
}

/** What a run tells with a sign of life. */
interface SignOfLife {
  readonly progress: number;
  /** Whether something was written since the claim, so that a run that is cut short here was not in vain. */
  readonly advanced: boolean;
}

/**
 * Extends the lease, and locks the repository until the transaction ends: nobody takes over in between. Throws
 * `stale_fence` when somebody has.
 */
export async function renewLease(tx: Tx, lease: Lease, sign?: SignOfLife): Promise<void> {
  const { rows } = await sql`
    update mcp.github_repositories
    set lease_expires_at = ${leaseEnd}, next_attempt_at = ${leaseEnd},
        progress = greatest(progress, ${sign?.progress ?? 0}::double precision),
        attempts = case when ${sign?.advanced === true}::boolean then 0 else attempts end
    where ${held(lease)} returning id`.execute(tx);
  requireHeld(rows, lease);
}

/** Makes the prepared generation the one that searches see, and gives the lease back. */
export async function publishGeneration(
  tx: Tx,
  lease: Lease,
  head: { readonly commit: string; readonly branch: string | undefined },
): Promise<RepositoryRow> {
  const { rows } = await sql<RepositoryRow>`
    update mcp.github_repositories as repository
    set generation = generation + 1, "commit" = ${head.commit}, branch = ${head.branch ?? null}, indexed_at = now(),
        file_count = counted.files, chunk_count = counted.chunks, progress = 1, error = null, attempts = 0,
        lease_expires_at = null, next_attempt_at = now(), ${statusUnlessAskedAgain(lease, 'ready')}
    from (
      select count(*) filter (where skipped is null)::integer as files, coalesce(sum(file.chunk_count), 0)::integer as chunks
      from mcp.repository_files as file where repository_id = ${lease.id} and visible_until is null
    ) as counted
    where ${held(lease)} returning ${columns}`.execute(tx);
  return requireHeld(rows, lease);
}

/** Notes that the run failed for good; what was searchable before stays so. */
export async function failRun(tx: Tx, lease: Lease, reason: string): Promise<RepositoryRow> {
  const { rows } = await sql<RepositoryRow>`
    update mcp.github_repositories as repository
    set error = ${reason}, progress = 1, lease_expires_at = null, next_attempt_at = now(),
        ${statusUnlessAskedAgain(lease, 'failed')}
    where ${held(lease)} returning ${columns}`.execute(tx);
  return requireHeld(rows, lease);
}

interface Postponement {
  readonly reason: string | undefined;
  readonly delaySeconds: number;
  /** Whether the try counts. */
  readonly counts: boolean;
}

/** Gives the lease back so that another run goes on from here. */
export async function postponeRun(tx: Tx, lease: Lease, { reason, delaySeconds, counts }: Postponement): Promise<void> {
  const { rows } = await sql`
    update mcp.github_repositories
    set status = 'queued', error = ${reason ?? null}, lease_expires_at = null,
        attempts = case when ${counts}::boolean then attempts else greatest(attempts - 1, 0) end,
        next_attempt_at = now() + make_interval(secs => ${delaySeconds}::double precision)
    where ${held(lease)} returning id`.execute(tx);
  requireHeld(rows, lease);
}

/** A repository that waits although its time has come. */
export interface DueRepository {
  readonly tenantId: string;
  readonly id: string;
  readonly traceparent: string | null;
}

/** Takes up to `limit` due repositories of all tenants and postpones them, so that the next sweep does not ring for them at once. */
export async function takeDue(tx: Tx, limit: number): Promise<readonly DueRepository[]> {
  const { rows } = await sql<DueRepository>`
    update mcp.github_repositories as repository set next_attempt_at = now() + interval '15 seconds'
    from (
      select tenant_id, id from mcp.github_repositories
      where status in ('queued', 'indexing') and next_attempt_at <= now()
      order by next_attempt_at limit ${limit} for update skip locked
    ) as due
    where repository.tenant_id = due.tenant_id and repository.id = due.id
    returning repository.tenant_id as "tenantId", repository.id, repository.traceparent`.execute(tx);
  return rows;
}

function held({ id, fence }: Lease) {
  return sql`id = ${id} and fence = ${fence} and status = 'indexing'`;
}

function statusUnlessAskedAgain({ requests }: Lease, status: RepositoryStatus) {
  return sql`status = case when requests = ${requests} then ${status}::text else 'queued' end`;
}

function requireHeld<Row>(rows: readonly Row[], { name }: Lease): Row {
  const row = rows[0];
  if (row !== undefined) return row;
  throw new MeshError('stale_fence', `Another run has taken over the repository "${name}".`);
}
