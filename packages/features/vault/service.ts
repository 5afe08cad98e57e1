import { randomBytes } from 'node:crypto';
import { MeshError, Secret } from '@devmesh/foundation';
import type { MasterKeys, Tx } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import { decrypt, encrypt } from './cipher.ts';
import { insertTenantKey, selectTenantKey } from './store.ts';

interface VaultOptions {
  readonly masterKeys: MasterKeys;
}

/** Where a secret is stored; it opens nowhere else. */
export interface SecretPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

/** Encrypts what must not be readable in the database, under a key of the tenant. */
export interface Vault {
  /** The text sealed for one place. Runs in the tenant's transaction; makes the tenant's key at first use. */
  seal(tx: Tx, place: SecretPlace, secret: Secret): Promise<Buffer>;
  /** Opens what `seal` gave for the same place; throws `wrong_secret` when it does not open. */
  open(tx: Tx, place: SecretPlace, sealed: Uint8Array): Promise<Secret>;
}

/** The format of a sealed secret: this byte, the key's version (4 bytes, big-endian), then the cipher's text. */
const format = 1;
const headerLength = 5;
const keyVersion = 1;
const rememberMilliseconds = 300_000;

/** Builds the vault. */
export function createVault({ masterKeys }: VaultOptions): Vault {
  const keyring: Keyring = {
    master: Buffer.from(masterKeys.current().key.open(), 'base64'),
    unwrapped: new LRUCache({ max: 1_000, ttl: rememberMilliseconds }),
  };
  return {
    seal: async (tx, place, secret) => {
      const key = (await findKey(tx, keyring, place.tenantId)) ?? (await createKey(tx, keyring, place.tenantId));
      const header = Buffer.alloc(headerLength);
      header.writeUInt8(format, 0);
      header.writeUInt32BE(keyVersion, 1);
      return Buffer.concat([header, encrypt(key, Buffer.from(secret.open(), 'utf8'), contextOf(place))]);
    },
    open: async (tx, place, sealed) => {
      const bytes = Buffer.from(sealed);
      if (bytes.length < headerLength || bytes.readUInt8(0) !== format || bytes.readUInt32BE(1) !== keyVersion) {
        throw new MeshError('wrong_secret', 'A stored secret has a format that this version does not know.');
      }
      const key = await findKey(tx, keyring, place.tenantId);
      if (key === undefined) throw new MeshError('wrong_secret', 'The key of this organization is missing.');
      return new Secret(decrypt(key, bytes.subarray(headerLength), contextOf(place)).toString('utf8'));
    },
  };
}

function contextOf(place: SecretPlace): string {
  return JSON.stringify([place.tenantId, place.table, place.row, place.field]);
}

/** The master key, and the tenants' keys that it opened lately; a version of a key never changes. */
interface Keyring {
  readonly master: Buffer;
  readonly unwrapped: LRUCache<string, Buffer>;
}

async function findKey(tx: Tx, { master, unwrapped }: Keyring, tenantId: string): Promise<Buffer | undefined> {
  const remembered = unwrapped.get(tenantId);
  if (remembered !== undefined) return remembered;
  const row = await selectTenantKey(tx, keyVersion);
  if (row === undefined) return undefined;
  const key = decrypt(master, row.wrapped, keyContext(tenantId));
  if (row.settled) unwrapped.set(tenantId, key);
  return key;
}

/** Makes the tenant's key. */
async function createKey(tx: Tx, { master }: Keyring, tenantId: string): Promise<Buffer> {
  await insertTenantKey(tx, { version: keyVersion, wrapped: encrypt(master, randomBytes(32), keyContext(tenantId)) });
  // Another transaction may have been first, so what is stored counts.
  const row = await selectTenantKey(tx, keyVersion);
  if (row === undefined) throw new MeshError('internal', 'The key of this organization was not stored.');
  return decrypt(master, row.wrapped, keyContext(tenantId));
}

function keyContext(tenantId: string): string {
  return JSON.stringify([tenantId, 'tenant_keys', keyVersion]);
}
