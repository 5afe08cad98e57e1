import { randomBytes } from 'node:crypto';
import { MeshError, Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { decrypt, encrypt } from './cipher.ts';
import { insertTenantKey, selectTenantKey } from './store.ts';

interface VaultOptions {
  /** 32 bytes in base64. */
  readonly masterKey: Secret;
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

/** Builds the vault. */
export function createVault({ masterKey }: VaultOptions): Vault {
  const master = Buffer.from(masterKey.open(), 'base64');
  return {
    seal: async (tx, place, secret) => {
      const key = await tenantKey(tx, master, { tenantId: place.tenantId, create: true });
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
      const key = await tenantKey(tx, master, { tenantId: place.tenantId, create: false });
      return new Secret(decrypt(key, bytes.subarray(headerLength), contextOf(place)).toString('utf8'));
    },
  };
}

function contextOf(place: SecretPlace): string {
  return JSON.stringify([place.tenantId, place.table, place.row, place.field]);
}

async function tenantKey(tx: Tx, master: Buffer, wanted: { tenantId: string; create: boolean }): Promise<Buffer> {
  const context = JSON.stringify([wanted.tenantId, 'tenant_keys', keyVersion]);
  if (wanted.create && (await selectTenantKey(tx, keyVersion)) === undefined) {
    await insertTenantKey(tx, { version: keyVersion, wrapped: encrypt(master, randomBytes(32), context) });
  }
  const row = await selectTenantKey(tx, keyVersion);
  if (row === undefined) throw new MeshError('wrong_secret', 'The key of this organization is missing.');
  return decrypt(master, row.wrapped, context);
}
