import { scopes as allScopes } from '@devmesh/api';
import { MeshError, type Clock, type NewId, type Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { createInvitations, type Invitations } from './invitations.ts';
import { isAccepted, isUseWorthNoting } from './key-rules.ts';
import { createKeys, issueKey, type IssuedKey, type Keys } from './keys.ts';
import { createOrganizations, type Organizations } from './organizations.ts';
import { checkNewPassword } from './password-rules.ts';
import { createPasswordHasher, type PasswordHasher } from './password.ts';
import { createPeople, type People } from './people.ts';
import type { Principal } from './principal.ts';
import type { Credential, PrincipalCache } from './principal-cache.ts';
import { principalOfKey } from './principal-of-key.ts';
import { selectKeyByHash, touchKey } from './store-keys.ts';
import { insertOrganization, type OrganizationRow } from './store-organizations.ts';
import { insertUser } from './store-users.ts';
import { hashToken, isToken } from './token.ts';
import { createUsers, type Users } from './users.ts';

interface IdentityOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Where presented keys are remembered, and forgotten when they or their owners change. */
  readonly principals: PrincipalCache;
  readonly passwords?: PasswordHasher;
}

interface Registration {
  readonly slug: string;
  readonly name: string;
  /** The first user, whom the admin key then belongs to. */
  readonly owner?: { readonly email: string; readonly name: string; readonly password: Secret } | undefined;
}

/** Organizations, the people in them, and the keys that act in them. */
export interface Identity extends Keys, Organizations {
  readonly users: Users;
  readonly invitations: Invitations;
  readonly people: People;
  readonly passwords: PasswordHasher;
  /** Registers an organization with its first admin key. Throws `conflict` when the slug is taken. */
  register(request: Registration): Promise<{ organization: OrganizationRow; adminKey: IssuedKey }>;
  /** Who a key is. Throws `unauthenticated` for an unknown, revoked or expired one, without telling which. */
  authenticate(token: string | undefined): Promise<Principal>;
}

/** Builds the identity feature. */
export function createIdentity(options: IdentityOptions): Identity {
  const { principals, passwords = createPasswordHasher() } = options;
  const parts = { ...options, passwords };
  return {
    ...createKeys(parts),
    ...createOrganizations(parts),
    users: createUsers(parts),
    invitations: createInvitations(parts),
    people: createPeople(parts),
    passwords,
    register: (request) => register(parts, request),
    authenticate: async (token) => {
      if (token === undefined || !isToken(token)) throw refusal();
      return principals.read(token, () => present(options, token));
    },
  };
}

function refusal(): MeshError {
  return new MeshError('unauthenticated', 'The request has no key that is known and valid.');
}

async function present({ database, clock }: IdentityOptions, token: string): Promise<Credential> {
  const now = clock.now();
  const key = await database.system('authenticate', async (tx) => {
    const row = await selectKeyByHash(tx, hashToken(token));
    if (row !== undefined && isAccepted(row, now) && isUseWorthNoting(row, now)) await touchKey(tx, row.id);
    return row;
  });
  if (key === undefined || !isAccepted(key, clock.now())) throw refusal();
  return { principal: principalOfKey(key), endsAt: key.expiresAt?.getTime() };
}

async function register(
  options: IdentityOptions & { readonly passwords: PasswordHasher },
  { slug, name, owner }: Registration,
): Promise<{ organization: OrganizationRow; adminKey: IssuedKey }> {
  const { newId, passwords } = options;
  const id = newId();
  if (owner !== undefined) checkNewPassword(owner.password, [owner.email, owner.name, slug, name]);
  const first = owner && { id: newId(), ...owner, passwordHash: await passwords.hash(owner.password) };
  return options.database.tenant(id, async (tx) => {
    const organization = await insertOrganization(tx, { id, slug, name });
    if (organization === undefined) throw new MeshError('conflict', `The slug "${slug}" is taken.`);
    if (first !== undefined) await insertUser(tx, { tenantId: id, role: 'owner', ...first });
    const adminKey = await issueKey(options, tx, {
      tenantId: id,
      userId: first?.id,
      request: { name: 'first admin key', type: 'admin' },
      scopes: allScopes,
    });
    const actor = `key:${adminKey.key.id}`;
    await options.audit.record(tx, { actor, action: 'identity.registerOrganization', subject: id });
    return { organization, adminKey };
  });
}
