import { MeshError, newId, silentTelemetry } from '@devmesh/foundation';
import type { Role } from '@devmesh/api';
import {
  createClientAddress,
  createRateLimit,
  openDatabaseBell,
  openMemoryKeyValue,
  type Database,
  type GuardedFetch,
} from '@devmesh/infrastructure';
import { fakeClock, newMasterKeys, newTenant } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit } from '../audit/index.ts';
import { createPasswordHasher, createPrincipalCache, type PasswordHasher } from '../identity/index.ts';
import { createVault } from '../vault/index.ts';
import { createPublicUrl } from './public-url.ts';
import { createSignIn } from './sign-in.ts';
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

/** Every way to sign in over a database, reached over TLS; `requests` may be tampered with on their way to a provider. */
export function openSignIn(database: Database, fetch: GuardedFetch = nowhere) {
  const world = openSignIns(database);
  const { clock, audit, principals, signIns, masterKeys } = world;
  const keyvalue = openMemoryKeyValue({ clock });
  const hasher = createPasswordHasher({ cost: { memory: 1_024, passes: 1 } });
  const verified: (string | undefined)[] = [];
  const passwords: PasswordHasher = {
    ...hasher,
    verify: (stored, password) => {
      verified.push(stored);
      return hasher.verify(stored, password);
    },
  };
  const signIn = createSignIn({
    database,
    keyvalue,
    audit,
    vault: createVault({ masterKeys }),
    clock,
    newId,
    principals,
    passwords,
    signIns,
    publicUrl: createPublicUrl(issuer),
    rateLimit: createRateLimit({ keyvalue, name: 'sign-in', telemetry: silentTelemetry, clock }),
    fetch,
    clientAddress: createClientAddress({ trustedProxies: [] }),
  });
  return { ...world, signIn, passwords, verified };
}

const nowhere: GuardedFetch = () => Promise.reject(new MeshError('upstream_unreachable', 'There is no network here.'));

/** A person in an organization. */
export interface TestUser {
  readonly tenantId: string;
  readonly userId: string;
  readonly email: string;
  /** The slug. */
  readonly organization: string;
}

interface NewUser {
  readonly tenantId?: string;
  readonly role?: Role;
  readonly email?: string;
  readonly passwordHash?: string;
}

/** Adds a person, to a new organization where none is given. */
export async function addUser(database: Database, options: NewUser = {}): Promise<TestUser> {
  const { role = 'developer', passwordHash = null } = options;
  const tenantId = options.tenantId ?? (await newTenant(database));
  const userId = newId();
  const { email = `${userId}@acme.example` } = options;
  await database.tenant(tenantId, (tx) =>
    sql`
      insert into mcp.users (tenant_id, id, email, name, role, password_hash, password_changed_at)
      values (${tenantId}, ${userId}, ${email}, 'Ada', ${role}, ${passwordHash}, now())`.execute(tx),
  );
  return { tenantId, userId, email, organization: `org-${tenantId}` };
}
