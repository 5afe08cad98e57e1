import { newId, silentTelemetry } from '@devmesh/foundation';
import type { Role } from '@devmesh/api';
import { openDatabaseBell, type Database } from '@devmesh/infrastructure';
import { fakeClock, newMasterKeys, newTenant } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit } from '../audit/index.ts';
import { createPrincipalCache } from '../identity/index.ts';
import { createSigningKeys } from './signing-keys.ts';
import { createSignIns } from './sign-ins.ts';

/** Where the platform of these tests is reached. */
export const issuer = 'https://mesh.example';

/** Sign-ins over a database, with a clock that stands still. */
export function openSignIns(database: Database) {
  const clock = fakeClock(Math.floor(Date.now() / 1_000) * 1_000);
  const masterKeys = newMasterKeys();
  const keys = createSigningKeys({ masterKeys, clock });
  const audit = createAudit({ database, newId, tracer: silentTelemetry.tracer });
  const bell = openDatabaseBell({ database, log: silentTelemetry.log });
  const principals = createPrincipalCache({ bell, telemetry: silentTelemetry, clock });
  const signIns = createSignIns({
    database,
    audit,
    clock,
    newId,
    principals,
    masterKeys,
    issuer: () => issuer,
    audiences: () => [issuer, `${issuer}/mcp`],
  });
  return { clock, masterKeys, keys, audit, principals, signIns };
}

/** A person in an organization. */
export interface TestUser {
  readonly tenantId: string;
  readonly userId: string;
}

/** Adds a person, to a new organization where none is given. */
export async function addUser(
  database: Database,
  { tenantId, role = 'developer' }: { tenantId?: string; role?: Role } = {},
): Promise<TestUser> {
  const tenant = tenantId ?? (await newTenant(database));
  const userId = newId();
  await database.tenant(tenant, (tx) =>
    sql`insert into mcp.users (tenant_id, id, email, name, role) values (${tenant}, ${userId}, ${`${userId}@acme.example`}, 'Ada', ${role})`.execute(
      tx,
    ),
  );
  return { tenantId: tenant, userId };
}
