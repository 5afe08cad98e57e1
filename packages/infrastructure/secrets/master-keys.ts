import { createHash, hkdfSync } from 'node:crypto';
import type { Secret } from '@devmesh/foundation';
import { checkMasterKey } from './check-master-key.ts';

/** A key that the operator keeps outside the database; what it wraps names it by its id. */
export interface MasterKey {
  /** 8 hex digits that tell keys apart and nothing about them. */
  readonly id: string;
  /** 32 bytes in base64. */
  readonly key: Secret;
}

/** The master keys that the operator gave. */
export interface MasterKeys {
  /** The one that wraps what is new. */
  current(): MasterKey;
  /** The current one, then those that still open what they wrapped. */
  all(): readonly MasterKey[];
  find(id: string): MasterKey | undefined;
  /** Asks the source again, where it may have changed, and resolves when the answer counts; never more often than it likes. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

interface FixedMasterKeysOptions {
  readonly current: Secret;
  readonly previous?: readonly Secret[];
}

/** Master keys that do not change while the process runs; throws `invalid_config` for one that is weak. */
export function createMasterKeys({ current, previous = [] }: FixedMasterKeysOptions): MasterKeys {
  const all = keysInOrder(current, previous);
  return {
    current: () => all[0],
    all: () => all,
    find: (id) => all.find((key) => key.id === id),
    refresh: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The current key and then the previous ones, each once. */
export function keysInOrder(current: Secret, previous: readonly Secret[]): readonly [MasterKey, ...MasterKey[]] {
  const first = toMasterKey(current, 'The master key');
  const others = new Map(
    previous.map((secret) => toMasterKey(secret, 'A previous master key')).map((key) => [key.id, key]),
  );
  others.delete(first.id);
  return [first, ...others.values()];
}

function toMasterKey(secret: Secret, source: string): MasterKey {
  const key = checkMasterKey(secret, source);
  const digest = createHash('sha256').update(derive(key, 'master key id')).digest('hex');
  return { id: digest.slice(0, 8), key };
}

/** 32 bytes for one purpose, by HKDF-SHA-256: they tell nothing about the master key, nor about those of another purpose. */
export function deriveKey(master: MasterKey, purpose: string): Buffer {
  return derive(master.key, purpose);
}

function derive(key: Secret, purpose: string): Buffer {
  const material = Buffer.from(key.open(), 'base64');
  return Buffer.from(hkdfSync('sha256', material, '', `devmesh ${purpose}`, 32));
}
