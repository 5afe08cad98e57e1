import { scopesOfRole, type Role } from '@devmesh/api';
import { newId, silentTelemetry, type Clock } from '@devmesh/foundation';
import type { Bell, Database } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { createAudit } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import { createPasswordHasher } from './password.ts';
import type { Principal } from './principal.ts';
import { createPrincipalCache } from './principal-cache.ts';
import { createIdentity, type Identity } from './service.ts';

/** A bell that rings at once in every part that listens, unless it is `deaf`. */
export function fakeBell(): Bell & { deaf: boolean } {
  const listeners = new Set<(channel: string, payload: string) => void>();
  const bell: Bell & { deaf: boolean } = {
    deaf: false,
    ring: (channel, payload) => {
      if (!bell.deaf) for (const tell of listeners) tell(channel, payload);
      return Promise.resolve();
    },
    listen: (channel, onRing) => {
      const tell = (rung: string, payload: string): void => {
        if (rung === channel) onRing(payload);
      };
      listeners.add(tell);
      return Promise.resolve(() => {
        listeners.delete(tell);
        return Promise.resolve();
      });
    },
    close: () => Promise.resolve(),
  };
  return bell;
}

/** Identity as one process has it; processes that share a bell hear of each other's changes. Its passwords cost little. */
export function identityOn(database: Database, clock: Clock, bell: Bell = fakeBell()) {
  const audit = createAudit({ database, newId, tracer: silentTelemetry.tracer });
  const principals = createPrincipalCache({ bell, telemetry: silentTelemetry, clock });
  const passwords = createPasswordHasher({ cost: { memory: 64, passes: 1 } });
  const events = createEvents({ database, telemetry: silentTelemetry });
  const identity = createIdentity({ database, audit, events, clock, newId, principals, passwords });
  return { audit, principals, identity };
}

/** A new organization with what its first admin key may do. */
export async function registerOn(identity: Identity) {
  const { organization, adminKey } = await identity.register({ slug: `org-${newId()}`, name: 'Acme' });
  const token = adminKey.token.open();
  return { organization, token, admin: await identity.authenticate(token) };
}

/** A person who signed in. */
export function signedInAs(tenantId: string, userId: string, role: Role): Principal {
  const scopes = scopesOfRole[role];
  return { tenantId, keyId: newId(), keyType: 'user', scopes, agentId: undefined, userId, role, via: 'sign-in' };
}

/** A new user of an organization, through an invitation. */
export async function addUser(identity: Identity, inviter: Principal, role: Role): Promise<Principal> {
  const email = `${newId()}@example.com`;
  const { token } = await identity.invitations.invite(inviter, { email, role, days: 7 }, nothing);
  const { user } = await identity.invitations.accept({ token: token.open(), name: 'Somebody' });
  return signedInAs(inviter.tenantId, user.id, role);
}

/** The commit of an answer that nobody keeps. */
export const nothing = (): Promise<void> => Promise.resolve();

/** What is stored of the password of a user. */
export async function storedHashOf(
  database: Database,
  tenantId: string,
  { id }: { readonly id: string },
): Promise<string> {
  return database.tenant(tenantId, async (tx) => {
    const { rows } = await sql<{ hash: string }>`select password_hash as hash from mcp.users where id = ${id}`.execute(
      tx,
    );
    return rows[0]?.hash ?? '';
  });
}
