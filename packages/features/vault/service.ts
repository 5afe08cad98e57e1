import { Secret, toMeshError, type Logger } from '@devmesh/foundation';
import type { Database, MasterKeys, Tx } from '@devmesh/infrastructure';
import { createKeyring } from './keyring.ts';
import { openUnder, sealUnder, versionOf, type SecretPlace } from './sealed.ts';
import { deleteAllKeys, shredChannel } from './store.ts';

interface VaultOptions {
  readonly masterKeys: MasterKeys;
  /** Tells when a tenant's keys were destroyed by another process; absent, they are forgotten after a few seconds. */
  readonly database?: Pick<Database, 'listen'>;
  readonly log?: Logger;
  /** How long an opened key is remembered, also when nobody tells that it was destroyed. Default 10,000. */
  readonly rememberMilliseconds?: number;
}

/** Encrypts what must not be readable in the database, under a key of the tenant. */
export interface Vault {
  /** The text sealed for one place. Runs in the tenant's transaction; makes the tenant's key at first use. */
  seal(tx: Tx, place: SecretPlace, secret: Secret): Promise<Buffer>;
  /** Opens what `seal` gave for the same place; throws `wrong_secret` when it does not open. */
  open(tx: Tx, place: SecretPlace, sealed: Uint8Array): Promise<Secret>;
  /**
   * Destroys every key of the transaction's tenant: what was sealed opens nowhere any more, and every process forgets the
   * keys within seconds of the commit.
   */
  shred(tx: Tx): Promise<void>;
  close(): Promise<void>;
}

/** Builds the vault. */
export function createVault(options: VaultOptions): Vault {
  const { masterKeys, rememberMilliseconds = 10_000 } = options;
  const keyring = createKeyring({ masterKeys, rememberMilliseconds });
  const leave = listen(options, (tenantId) => keyring.forget(tenantId));
  return {
    seal: async (tx, place, secret) => {
      const key = await keyring.current(tx, place.tenantId, 1);
      return sealUnder(key, place, Buffer.from(secret.open(), 'utf8'));
    },
    open: async (tx, place, sealed) => {
      const key = await keyring.find(tx, place.tenantId, versionOf(sealed));
      return new Secret(openUnder(key, place, sealed).toString('utf8'));
    },
    shred: async (tx) => {
      await deleteAllKeys(tx);
      keyring.forgetAll();
    },
    close: leave,
  };
}

/** Listens from the beginning. Without it keys are forgotten a few seconds later, so a failure stops nothing. */
function listen({ database, log }: VaultOptions, onShredded: (tenantId: string) => void): () => Promise<void> {
  const listening = database?.listen(shredChannel, onShredded).catch((error: unknown) => {
    log?.warn('the vault does not hear of destroyed keys', { 'error.code': toMeshError(error).code });
    return undefined;
  });
  return async () => {
    const leave = await listening;
    await leave?.();
  };
}
