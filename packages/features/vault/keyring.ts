import { randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import type { MasterKeys, Tx } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import { refusal } from './cipher.ts';
import type { TenantKey } from './sealed.ts';
import { addMessages, holdCurrentKey, insertFirstKey, selectTenantKey, type TenantKeyRow } from './store.ts';
import { keyLength, unwrapKey, wrapKey } from './wrapped-key.ts';

interface KeyringOptions {
  readonly masterKeys: MasterKeys;
  /** How long an opened key is remembered. */
  readonly rememberMilliseconds: number;
}

/** The tenants' keys, opened by the master keys and remembered for a moment. */
export interface Keyring {
  /** The tenant's current key, to seal `count` texts in this transaction; makes the first one. */
  current(tx: Tx, tenantId: string, count: number): Promise<TenantKey>;
  /** The key of one version; throws the refusal where there is none. */
  find(tx: Tx, tenantId: string, version: number): Promise<Buffer>;
  forget(tenantId: string): void;
  forgetAll(): void;
}

/** NIST SP 800-38D allows 2^32 texts with random IVs under one key; the worker replaces a key long before. */
export const mostMessages = 2 ** 32;
export const manyMessages = 2 ** 31;
/** A process counts so many texts at once, so that sealing seldom writes the count. */
const messageBlock = 4_096;
const rememberedTenants = 1_000;

/** Builds an empty keyring. */
export function createKeyring({ masterKeys, rememberMilliseconds }: KeyringOptions): Keyring {
  const remembered = new LRUCache<string, Map<number, Buffer>>({ max: rememberedTenants, ttl: rememberMilliseconds });
  const allowances = new LRUCache<string, { readonly version: number; left: number }>({ max: rememberedTenants });
  const unwrap = async (tenantId: string, { version, wrapped, settled }: TenantKeyRow): Promise<Buffer> => {
    const key = await unwrapKey(masterKeys, { tenantId, version }, wrapped);
    if (!settled) return key;
    const keys = remembered.get(tenantId) ?? new Map<number, Buffer>();
    if (!remembered.has(tenantId)) remembered.set(tenantId, keys);
    keys.set(version, key);
    return key;
  };
  const count = async (tx: Tx, tenantId: string, version: number, messages: number): Promise<void> => {
    const known = allowances.get(tenantId);
    const allowance = known?.version === version ? known : { version, left: 0 };
    if (allowance.left < messages) {
      const block = Math.max(messageBlock, messages);
      await addMessages(tx, version, block);
      allowance.left += block;
    }
    allowance.left -= messages;
    allowances.set(tenantId, allowance);
  };
  return {
    current: async (tx, tenantId, messages) => {
      const row = await holdOrMake(tx, masterKeys, tenantId);
      if (row.messages >= mostMessages) {
        throw new MeshError('conflict', 'The key of this organization is worn out; rotate it: devmesh vault rotate.');
      }
      await count(tx, tenantId, row.version, messages);
      // Never what is remembered: a key that was destroyed must not seal again.
      return { version: row.version, key: await unwrap(tenantId, row) };
    },
    find: async (tx, tenantId, version) => {
      const known = remembered.get(tenantId)?.get(version);
      if (known !== undefined) return known;
      const row = await selectTenantKey(tx, version);
      if (row === undefined) throw refusal();
      return unwrap(tenantId, row);
    },
    forget: (tenantId) => {
      remembered.delete(tenantId);
      allowances.delete(tenantId);
    },
    forgetAll: () => {
      remembered.clear();
      allowances.clear();
    },
  };
}

type HeldKey = NonNullable<Awaited<ReturnType<typeof holdCurrentKey>>>;

/** A rotation that commits between two looks hides the current key from one of them, never from both. */
async function holdOrMake(tx: Tx, masterKeys: MasterKeys, tenantId: string): Promise<HeldKey> {
  const present = (await holdCurrentKey(tx)) ?? (await holdCurrentKey(tx));
  if (present !== undefined) return present;
  const wrapped = wrapKey(masterKeys.current(), { tenantId, version: 1 }, randomBytes(keyLength));
  await insertFirstKey(tx, wrapped);
  // Another transaction may have been first, so what is stored counts.
  const made = await holdCurrentKey(tx);
  if (made === undefined) throw new MeshError('internal', 'The key of this organization was not stored.');
  return made;
}
