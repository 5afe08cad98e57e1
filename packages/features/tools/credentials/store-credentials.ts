import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Security } from '../reading/security.ts';
import type { CredentialPlace } from './credential.ts';

/** What tells the credentials of a service apart. */
export interface CredentialKey {
  readonly toolId: string;
  /** The scheme that it fills; empty: any that it fits. */
  readonly slot: string;
  /** Whose own it is; null: the organization's. */
  readonly userId: string | null;
}

/** A stored credential that calls of somebody could use. */
export interface HeldCredential extends CredentialPlace {
  readonly slot: string;
  readonly userId: string | null;
  /** Whether it is that person's own. */
  readonly own: boolean;
  /** The only origins that it is sent to. */
  readonly origins: readonly string[];
  readonly sealed: Uint8Array;
  readonly updatedAt: Date;
}

const most = 200;

/** The credentials of a service that calls of a person could use: the organization's and the person's own. */
export async function selectCredentials(
  tx: Tx,
  toolId: string,
  userId: string | undefined,
): Promise<readonly HeldCredential[]> {
  const { rows } = await sql<HeldCredential>`
    select slot, user_id as "userId", user_id is not null as own, kind, location, location_name as "locationName",
           provider_id as "providerId", mode, origins, sealed, updated_at as "updatedAt"
    from mcp.organization_tools
    where tool_id = ${toolId} and (user_id is null or user_id = ${userId ?? null}::uuid)
    order by slot desc, user_id nulls last limit ${most}`.execute(tx);
  return rows;
}

/** How many people have a credential of their own for each slot of a service. */
export async function countOwners(tx: Tx, toolId: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ slot: string; people: number }>`
    select slot, count(*)::int as people from mcp.organization_tools
    where tool_id = ${toolId} and user_id is not null group by slot`.execute(tx);
  return new Map(rows.map(({ slot, people }) => [slot, people]));
}

/** How many credentials there are for a service of the same owner. */
export async function countCredentials(tx: Tx, { toolId, userId }: Omit<CredentialKey, 'slot'>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from mcp.organization_tools
    where tool_id = ${toolId} and user_id is not distinct from ${userId}::uuid`.execute(tx);
  return rows[0]?.count ?? 0;
}

interface NewCredential extends CredentialKey {
  readonly place: CredentialPlace;
  readonly origins: readonly string[];
  readonly sealed: Uint8Array;
}

/** Stores a credential in place of an earlier one for the same slot and owner. */
export async function upsertCredential(tx: Tx, credential: NewCredential): Promise<void> {
  const { toolId, slot, userId, place, origins, sealed } = credential;
  await sql`
    insert into mcp.organization_tools
      (tenant_id, tool_id, slot, user_id, kind, location, location_name, sealed, provider_id, mode, origins)
    values (current_setting('app.tenant_id')::uuid, ${toolId}, ${slot}, ${userId}::uuid, ${place.kind}, ${place.location},
            ${place.locationName}, ${sealed}, ${place.providerId}::uuid, ${place.mode}, ${[...origins]}::text[])
    on conflict (tenant_id, tool_id, slot, holder) do update
      set kind = excluded.kind, location = excluded.location, location_name = excluded.location_name,
          sealed = excluded.sealed, provider_id = excluded.provider_id, mode = excluded.mode, origins = excluded.origins,
          updated_at = now()`.execute(tx);
}

/** Forgets a credential and the tokens that it gave; its kind, or undefined where there is none. */
export async function deleteCredential(
  tx: Tx,
  { toolId, slot, userId }: CredentialKey,
): Promise<CredentialPlace['kind'] | undefined> {
  const { rows } = await sql<{ kind: CredentialPlace['kind'] }>`
    delete from mcp.organization_tools
    where tool_id = ${toolId} and slot = ${slot} and user_id is not distinct from ${userId}::uuid returning kind`.execute(
    tx,
  );
  return rows[0]?.kind;
}

/** What the operations of a service want, with how many want it. */
export async function selectSecurities(
  tx: Tx,
  toolId: string,
): Promise<readonly { readonly security: Security; readonly operations: number }[]> {
  const { rows } = await sql<{ security: Security; operations: number }>`
    select security, count(*)::int as operations from mcp.tool_operations
    where tool_id = ${toolId} group by security order by count(*) desc, security limit ${most}`.execute(tx);
  return rows;
}
