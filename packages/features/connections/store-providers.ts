import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ClientAuthentication } from './presets/preset.ts';
import type { ProviderEndpoints } from './provider.ts';

export interface ProviderRow {
  readonly id: string;
  readonly name: string;
  readonly preset: string;
  readonly endpoints: ProviderEndpoints;
  readonly clientId: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly sealedClientSecret: Uint8Array | null;
  readonly scopes: readonly string[];
  readonly pkce: boolean;
  readonly resource: string | null;
  readonly apiHosts: readonly string[];
  readonly createdAt: Date;
}

export type NewProvider = Omit<ProviderRow, 'createdAt'>;

const columns = sql`p.id, p.name, p.preset, p.endpoints, p.client_id as "clientId",
  p.client_authentication as "clientAuthentication", p.sealed_client_secret as "sealedClientSecret", p.scopes, p.pkce,
  p.resource, p.api_hosts as "apiHosts", p.created_at as "createdAt"`;

/** Inserts a provider; false where its name is taken. */
export async function insertProvider(tx: Tx, provider: NewProvider): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.oauth_providers
      (tenant_id, id, name, preset, endpoints, client_id, client_authentication, sealed_client_secret, scopes, pkce, resource,
       api_hosts)
    values (current_setting('app.tenant_id')::uuid, ${provider.id}, ${provider.name}, ${provider.preset},
            ${provider.endpoints}::jsonb, ${provider.clientId}, ${provider.clientAuthentication},
            ${provider.sealedClientSecret}, ${[...provider.scopes]}::text[], ${provider.pkce}, ${provider.resource},
            ${[...provider.apiHosts]}::text[])
    on conflict (tenant_id, name) do nothing
    returning id`.execute(tx);
  return rows.length > 0;
}

export async function selectProvider(tx: Tx, id: string): Promise<ProviderRow | undefined> {
  const { rows } = await sql<ProviderRow>`select ${columns} from mcp.oauth_providers p where p.id = ${id}`.execute(tx);
  return rows[0];
}

export async function selectProviderByName(tx: Tx, name: string): Promise<ProviderRow | undefined> {
  const { rows } = await sql<ProviderRow>`
    select ${columns} from mcp.oauth_providers p where p.name = ${name}`.execute(tx);
  return rows[0];
}

/** By name, one more than `limit`. */
export async function selectProviders(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly ProviderRow[]> {
  const { rows } = await sql<ProviderRow>`
    select ${columns} from mcp.oauth_providers p
    where ${after ?? null}::text is null or p.name > ${after ?? ''}::text
    order by p.name limit ${limit + 1}`.execute(tx);
  return rows;
}

interface ClientSecret {
  readonly sealed: Uint8Array | null;
  readonly scopes: readonly string[];
}

/** Replaces the client secret and the scopes of a provider. */
export async function updateProvider(tx: Tx, id: string, { sealed, scopes }: ClientSecret): Promise<void> {
  await sql`
    update mcp.oauth_providers set sealed_client_secret = ${sealed}, scopes = ${[...scopes]}::text[], updated_at = now()
    where id = ${id}`.execute(tx);
}

/** Deletes a provider with its connections. */
export async function deleteProvider(tx: Tx, id: string): Promise<void> {
  await sql`delete from mcp.oauth_providers where id = ${id}`.execute(tx);
}
