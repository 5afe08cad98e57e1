import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** Which credential of a service a token came from. */
export interface TokenHolder {
  readonly toolId: string;
  /** The scheme that it fills. */
  readonly slot: string;
  /** The person whose own it is; empty: the organization's. */
  readonly holder: string;
}

const heldBy = ({ toolId, slot, holder }: TokenHolder) =>
  sql`tool_id = ${toolId} and slot = ${slot} and holder = ${holder}`;

/** The present token of a service that authenticates by itself. */
export interface ToolTokenRow {
  /** Null until the first came. */
  readonly sealed: Uint8Array | null;
  readonly accessExpiresAt: Date | null;
  readonly renewAfter: Date | null;
  readonly renewedAt: Date | null;
}

export async function selectToolToken(tx: Tx, holder: TokenHolder): Promise<ToolTokenRow | undefined> {
  const { rows } = await sql<ToolTokenRow>`
    select sealed, access_expires_at as "accessExpiresAt", renew_after as "renewAfter", renewed_at as "renewedAt"
    from mcp.tool_tokens where ${heldBy(holder)}`.execute(tx);
  return rows[0];
}

/** Takes the lease on getting a token for `seconds` by the database's time; the fence, or undefined while another holds it. */
export async function claimToolToken(
  tx: Tx,
  { toolId, slot, holder }: TokenHolder,
  seconds: number,
): Promise<number | undefined> {
  const { rows } = await sql<{ fence: string | number }>`
    insert into mcp.tool_tokens as held (tenant_id, tool_id, slot, holder, fence, leased_until)
    values (current_setting('app.tenant_id')::uuid, ${toolId}, ${slot}, ${holder}, 1, clock_timestamp() + make_interval(secs => ${seconds}))
    on conflict (tenant_id, tool_id, slot, holder) do update
      set fence = held.fence + 1, leased_until = clock_timestamp() + make_interval(secs => ${seconds})
      where held.leased_until is null or held.leased_until <= clock_timestamp()
    returning fence`.execute(tx);
  return rows[0] === undefined ? undefined : Number(rows[0].fence);
}

interface GotToken extends TokenHolder {
  readonly fence: number;
  readonly sealed: Uint8Array;
  readonly accessExpiresAt: Date | null;
  readonly renewAfter: Date | null;
  readonly renewedAt: Date;
}

/** Stores a token and gives the lease back; false for a late holder, and where the credential was changed meanwhile. */
export async function settleToolToken(tx: Tx, token: GotToken): Promise<boolean> {
  const { rows } = await sql`
    update mcp.tool_tokens
    set sealed = ${token.sealed}, access_expires_at = ${token.accessExpiresAt}, renew_after = ${token.renewAfter},
        renewed_at = ${token.renewedAt}, last_error = null, leased_until = null
    where ${heldBy(token)} and fence = ${token.fence} returning tool_id`.execute(tx);
  return rows.length > 0;
}

/** Puts a failure on record and gives the lease back. */
export async function failToolToken(tx: Tx, holder: TokenHolder, fence: number, lastError: string): Promise<void> {
  await sql`
    update mcp.tool_tokens set last_error = ${lastError}, leased_until = null
    where ${heldBy(holder)} and fence = ${fence}`.execute(tx);
}

/** Forgets the token of a credential; whoever is getting one under the earlier credential is refused by the fence. */
export async function forgetToolToken(tx: Tx, holder: TokenHolder): Promise<void> {
  await sql`
    update mcp.tool_tokens
    set sealed = null, access_expires_at = null, renew_after = null, renewed_at = null, last_error = null,
        fence = fence + 1, leased_until = null
    where ${heldBy(holder)}`.execute(tx);
}
