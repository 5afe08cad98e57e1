import { deriveKey, type MasterKey, type MasterKeys } from '@devmesh/infrastructure';
import { decrypt, overhead, refusal } from './cipher.ts';
import { decryptUnder, encryptUnder, readHeader } from './sealed.ts';

/** Which key of which tenant; a wrapped key opens as no other. */
interface KeyPlace {
  readonly tenantId: string;
  readonly version: number;
}

/** Of a tenant's key, in bytes. */
export const keyLength = 32;

/** Wrapped keys of before they named their master key: nothing but the encrypted bytes. */
const firstLength = keyLength + overhead;

/** Wraps a tenant's key by a master key, and names it. */
export function wrapKey(master: MasterKey, place: KeyPlace, key: Uint8Array): Buffer {
  return encryptUnder(wrapping(master), { keyNumber: Number.parseInt(master.id, 16), context: contextOf(place) }, key);
}

/** The id of the master key that a wrapped key names; undefined for one that names none. */
export function wrapperOf(wrapped: Uint8Array): string | undefined {
  if (wrapped.length === firstLength) return undefined;
  return readHeader(wrapped).keyNumber.toString(16).padStart(8, '0');
}

/** Opens a wrapped key; asks the source of the master keys again for one that is not known. Throws the refusal. */
export async function unwrapKey(masterKeys: MasterKeys, place: KeyPlace, wrapped: Uint8Array): Promise<Buffer> {
  const id = wrapperOf(wrapped);
  if (id === undefined) return unwrapFirst(masterKeys, place, wrapped);
  if (masterKeys.find(id) === undefined) await masterKeys.refresh();
  const master = masterKeys.find(id);
  if (master === undefined) throw refusal();
  return decryptUnder(wrapping(master), contextOf(place), wrapped);
}

function unwrapFirst(masterKeys: MasterKeys, place: KeyPlace, wrapped: Uint8Array): Buffer {
  for (const { key } of masterKeys.all()) {
    try {
      return decrypt(Buffer.from(key.open(), 'base64'), wrapped, Buffer.from(contextOf(place), 'utf8'));
    } catch {
      // The next one may open it.
    }
  }
  throw refusal();
}

function wrapping(master: MasterKey): Buffer {
  return deriveKey(master, 'tenant keys');
}

function contextOf({ tenantId, version }: KeyPlace): string {
  return JSON.stringify([tenantId, 'tenant_keys', version]);
}
