import { scopesOfRole } from '@devmesh/api';
import { MeshError, type Clock, type NewId, type Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Vault } from '../vault/index.ts';
import type { ProviderClient, ProviderProtocol } from './provider-client.ts';
import type { ProviderSettings } from './provider-settings.ts';
import { clientSecretPlace } from './sealed-columns.ts';
import { deleteProvider, selectProvider, upsertProvider, type ProviderRow } from './store-providers.ts';

interface ProvidersOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly protocol: ProviderProtocol;
}

/** The identity provider of an organization, as it is used. */
export interface Provider {
  readonly settings: ProviderSettings;
  readonly client: ProviderClient;
}

/** The identity providers of organizations. */
export interface Providers {
  /** Throws `not_found`. */
  show(tenantId: string): Promise<ProviderRow>;
  /**
   * Stores the provider once it has told its configuration. Without a secret the stored one stays, unless the issuer or the
   * client changes: a secret goes to nobody else. Throws `forbidden` but for owners, since a provider decides who signs in as whom.
   */
  set(principal: Principal, settings: ProviderSettings, clientSecret: Secret | undefined): Promise<ProviderRow>;
  /** Throws `not_found`. */
  remove(principal: Principal): Promise<void>;
  find(tenantId: string): Promise<Provider | undefined>;
}

/** Builds the providers. */
export function createProviders(options: ProvidersOptions): Providers {
  const { database, audit } = options;
  return {
    show: async (tenantId) => (await database.tenant(tenantId, selectProvider)) ?? Promise.reject(noProvider()),
    set: (principal, settings, clientSecret) => set(options, principal, { settings, clientSecret }),
    remove: async (principal) => {
      requireOwner(principal);
      await database.tenant(principal.tenantId, async (tx) => {
        if (!(await deleteProvider(tx))) throw noProvider();
        await audit.record(tx, {
          actor: actorOf(principal),
          action: 'signIn.removeProvider',
          subject: principal.tenantId,
        });
      });
    },
    find: (tenantId) =>
      database.tenant(tenantId, async (tx) => {
        const row = await selectProvider(tx);
        return row === undefined ? undefined : toProvider(row, await openSecret(options, tx, { tenantId, row }));
      }),
  };
}

interface NewSettings {
  readonly settings: ProviderSettings;
  readonly clientSecret: Secret | undefined;
}

async function set(options: ProvidersOptions, principal: Principal, { settings, clientSecret }: NewSettings) {
  const { database, audit, vault, clock, newId, protocol } = options;
  const { tenantId } = principal;
  requireOwner(principal);
  const { issuer, clientId } = settings;
  await protocol.discover({ issuer, clientId, clientSecret });
  return database.tenant(tenantId, async (tx) => {
    const before = await selectProvider(tx);
    const id = before?.id ?? newId();
    const same = before?.issuer === issuer && before.clientId === clientId;
    const kept = same ? before.clientSecret : null;
    const sealed =
      clientSecret === undefined ? kept : await vault.seal(tx, clientSecretPlace(tenantId, id), clientSecret);
    const row = await upsertProvider(tx, {
      ...settings,
      tenantId,
      id,
      clientSecret: sealed,
      now: new Date(clock.now()),
    });
    if (row === undefined) throw new MeshError('internal', 'The identity provider vanished while it was stored.');
    const detail = { issuer, clientId, domains: settings.domains, autoProvision: settings.autoProvision };
    await audit.record(tx, { actor: actorOf(principal), action: 'signIn.setProvider', subject: tenantId, detail });
    return row;
  });
}

function requireOwner({ scopes }: Principal): void {
  if (scopesOfRole.owner.every((scope) => scopes.includes(scope))) return;
  throw new MeshError('forbidden', 'Only an owner may do this: who runs the identity provider can sign in as anybody.');
}

async function openSecret(
  { vault }: ProvidersOptions,
  tx: Tx,
  { tenantId, row }: { tenantId: string; row: ProviderRow },
): Promise<Secret | undefined> {
  return row.clientSecret === null ? undefined : vault.open(tx, clientSecretPlace(tenantId, row.id), row.clientSecret);
}

function toProvider(row: ProviderRow, clientSecret: Secret | undefined): Provider {
  const { issuer, clientId, roleClaim } = row;
  return { settings: { ...row, roleClaim: roleClaim ?? undefined }, client: { issuer, clientId, clientSecret } };
}

function noProvider(): MeshError {
  return new MeshError('not_found', 'This organization has no identity provider.');
}
