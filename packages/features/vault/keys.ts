import { randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import type { Database, MasterKeys, Tx } from '@devmesh/infrastructure';
import type { Actor, Audit } from '../audit/index.ts';
import { mostMessages } from './keyring.ts';
import type { SealedColumn } from './sealed-column.ts';
import { countByVersion } from './store-sealed.ts';
import { countByWrapper } from './store-system.ts';
import { insertFirstKey, lockVersions, replaceCurrentKey, selectKeys, type TenantKeyState } from './store.ts';
import { keyLength, wrapKey, wrapperOf } from './wrapped-key.ts';

interface VaultKeysOptions {
  readonly database: Database;
  readonly masterKeys: MasterKeys;
  readonly audit: Audit;
  readonly columns: readonly SealedColumn[];
}

/** One version of an organization's key. */
interface KeyVersion {
  readonly version: number;
  readonly current: boolean;
  readonly createdAt: Date;
  /** How many stored secrets are sealed under it. */
  readonly secrets: number;
  /** About how many were ever sealed under it, and how many may be. */
  readonly messages: number;
  readonly mostMessages: number;
  /** The master key that wraps it; undefined for one of before they were named. */
  readonly wrappedBy: string | undefined;
  readonly unusedSince: Date | undefined;
}

/** A master key of this process. */
interface MasterKeyUse {
  readonly id: string;
  readonly current: boolean;
  /** Whether it wraps a key of any organization; a previous one that does not can be dropped. */
  readonly inUse: boolean;
}

interface KeyStatus {
  readonly keys: readonly KeyVersion[];
  readonly masterKeys: readonly MasterKeyUse[];
}

/** The keys of an organization, for those who look after them. */
export interface VaultKeys {
  /** Puts a new key in the place of the current one; what the old one sealed is sealed anew by the worker. */
  rotate(tenantId: string, actor: Actor): Promise<{ readonly version: number }>;
  status(tenantId: string): Promise<KeyStatus>;
}

/** More at once mean that the texts of the first are not sealed anew yet. */
const mostVersions = 8;

/** Builds the keys of organizations. */
export function createVaultKeys(options: VaultKeysOptions): VaultKeys {
  const { database, masterKeys, audit, columns } = options;
  return {
    rotate: (tenantId, actor) =>
      database.tenant(tenantId, async (tx) => {
        const version = await replaceKey(tx, masterKeys, tenantId);
        await audit.record(tx, { actor, action: 'vault.rotate', subject: tenantId, detail: { version } });
        return { version };
      }),
    status: async (tenantId) => ({
      keys: await database.tenant(tenantId, (tx) => keysOf(tx, columns)),
      masterKeys: await masterKeysOf(options),
    }),
  };
}

async function replaceKey(tx: Tx, masterKeys: MasterKeys, tenantId: string): Promise<number> {
  const versions = await lockVersions(tx);
  if (versions.length >= mostVersions) {
    throw new MeshError(
      'conflict',
      'What earlier rotations left is still being sealed anew; rotate again when it is done.',
    );
  }
  const version = (versions.at(-1) ?? 0) + 1;
  const wrapped = wrapKey(masterKeys.current(), { tenantId, version }, randomBytes(keyLength));
  if (versions.length === 0) await insertFirstKey(tx, wrapped);
  else await replaceCurrentKey(tx, version, wrapped);
  return version;
}

async function keysOf(tx: Tx, columns: readonly SealedColumn[]): Promise<readonly KeyVersion[]> {
  const counts = new Map<number, number>();
  for (const column of columns) {
    for (const [version, count] of await countByVersion(tx, column)) {
      counts.set(version, (counts.get(version) ?? 0) + count);
    }
  }
  return (await selectKeys(tx)).map((state) => present(state, counts.get(state.version) ?? 0));
}

function present({ wrapped, unusedSince, ...state }: TenantKeyState, secrets: number): KeyVersion {
  return { ...state, secrets, mostMessages, wrappedBy: wrapperOf(wrapped), unusedSince: unusedSince ?? undefined };
}

async function masterKeysOf({ database, masterKeys }: VaultKeysOptions): Promise<readonly MasterKeyUse[]> {
  const counts = await database.system('vault', countByWrapper);
  // Keys that do not name their master key may need any of them.
  const unnamed = counts.has(null);
  const current = masterKeys.current().id;
  return masterKeys.all().map(({ id }) => ({ id, current: id === current, inUse: unnamed || counts.has(id) }));
}
