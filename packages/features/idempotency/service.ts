import { createHash } from 'node:crypto';
import { MeshError, Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Vault } from '../vault/index.ts';
import { placeOf } from './place.ts';
import { deleteOldAnswers, insertAnswer, selectAnswer } from './store.ts';

interface IdempotencyOptions {
  readonly database: Database;
  readonly vault: Vault;
}

/** One write that carries an Idempotency-Key. */
export interface KeyedWrite {
  readonly tenantId: string;
  /** The operation id; keys of different operations do not meet. */
  readonly operation: string;
  readonly key: string;
  /** Everything that makes the request what it is. */
  readonly request: unknown;
}

/** Thrown inside a transaction to undo it, because another request with the same key was faster. */
export class AlreadyAnswered extends Error {}

/** Remembers answers of writes for a day, so that sending one again has no second effect. */
export interface Idempotency {
  /** The first answer; undefined when there is none. Throws `idempotency_mismatch` when the key was used for another request. */
  find(write: KeyedWrite): Promise<{ readonly answer: unknown } | undefined>;
  /** Stores the answer in the transaction of its effect; throws AlreadyAnswered, which undoes both, when one is stored. */
  remember(tx: Tx, write: KeyedWrite, answer: unknown): Promise<void>;
  /** Forgets answers older than a day. */
  sweep(): Promise<number>;
}

/** Builds the idempotency feature. */
export function createIdempotency({ database, vault }: IdempotencyOptions): Idempotency {
  return {
    find: (write) =>
      database.tenant(write.tenantId, async (tx) => {
        const stored = await selectAnswer(tx, write);
        if (stored === undefined) return undefined;
        if (!digest(write).equals(Buffer.from(stored.requestHash))) {
          throw new MeshError(
            'idempotency_mismatch',
            `The Idempotency-Key "${write.key}" was sent with another request before.`,
          );
        }
        const text = await vault.open(tx, placeOf(write), stored.response);
        return { answer: JSON.parse(text.open()) as unknown };
      }),
    remember: async (tx, write, answer) => {
      const response = await vault.seal(tx, placeOf(write), new Secret(JSON.stringify(answer)));
      const { operation, key } = write;
      const first = await insertAnswer(tx, { operation, key, requestHash: digest(write), response });
      if (!first) throw new AlreadyAnswered(`the key ${key} was answered meanwhile`);
    },
    sweep: () => database.system('sweep', deleteOldAnswers),
  };
}

function digest(write: KeyedWrite): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([write.operation, write.request]))
    .digest();
}
