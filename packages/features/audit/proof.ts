import type { Database } from '@devmesh/infrastructure';
import type { Actor } from './actor.ts';
import { cutChain } from './cut.ts';
import { endOfChain } from './chain-end.ts';
import { exportLines, type ExportRange } from './export.ts';
import { readKeyNote } from './format/key-note.ts';
import { verifyLive, type LivePart } from './live.ts';
import { sealBatch } from './seal.ts';
import type { Audit } from './service.ts';
import { rotateKey, signPlace, type NewSigningKey, type SigningOptions } from './signing.ts';
import { selectKeys, type KeyRow } from './store-proof.ts';

interface ProofOptions extends SigningOptions {
  readonly database: Database;
  readonly audit: Audit;
}

interface ListedKey extends KeyRow {
  /** The last place that the key before it may have signed. */
  readonly afterSeq: number;
  /** Base64. */
  readonly publicKey: string;
}

/** That the trail is what was once written: signed places, exports that prove themselves, and a look at what is kept. */
export interface AuditProof {
  /** The keys that sign, oldest first. */
  keys(tenantId: string): Promise<readonly ListedKey[]>;
  /** Gives the tenant a new key; the old one signs the hand-over and is forgotten. */
  rotateKey(tenantId: string, actor: Actor): Promise<NewSigningKey>;
  /** The signed note of the present end of the chain, to be kept elsewhere. */
  checkpoint(tenantId: string): Promise<{ readonly seq: number; readonly note: string }>;
  /** The lines of an export, after what is committed was sealed. */
  export(tenantId: string, range: ExportRange & { readonly actor: Actor }): AsyncGenerator<string, void, undefined>;
  /** Compares a part of what is kept with its chain. */
  verify(tenantId: string, range: { readonly after?: number | undefined; readonly limit: number }): Promise<LivePart>;
  /** Signs the place up to which lines older than a time may be removed. */
  cut(tenantId: string, before: Date): Promise<void>;
}

const batchSize = 500;

/** Builds the proof of the trail. */
export function createAuditProof(options: ProofOptions): AuditProof {
  const { database, audit } = options;
  return {
    keys: async (tenantId) => (await database.tenant(tenantId, selectKeys)).map(present),
    rotateKey: (tenantId, actor) =>
      database.tenant(tenantId, async (tx) => {
        const made = await rotateKey(options, tx, tenantId);
        await audit.record(tx, {
          actor,
          action: 'audit.rotateKey',
          subject: made.fingerprint,
          detail: { number: made.number },
        });
        return made;
      }),
    checkpoint: async (tenantId) => {
      await sealAll(options, tenantId);
      return database.tenant(tenantId, async (tx) => {
        const { seq, hash } = await endOfChain(tx, tenantId);
        return { seq, note: await signPlace(options, tx, { tenantId, seq, hash }) };
      });
    },
    export: async function* (tenantId, { actor, ...range }) {
      const detail = { ...range };
      await database.tenant(tenantId, (tx) =>
        audit.record(tx, { actor, action: 'audit.export', subject: tenantId, detail }),
      );
      await sealAll(options, tenantId);
      yield* exportLines(options, tenantId, range);
    },
    verify: (tenantId, range) => verifyLive(database, tenantId, range),
    cut: (tenantId, before) => cutChain(options, tenantId, before),
  };
}

/** Seals what is committed by now; where a sealer is at it, that one does. */
async function sealAll({ database }: ProofOptions, tenantId: string): Promise<void> {
  for (let more = true; more;) ({ more } = await sealBatch({ database, batchSize }, tenantId));
}

function present(row: KeyRow): ListedKey {
  const key = readKeyNote(row.note);
  return { ...row, afterSeq: key?.afterSeq ?? 0, publicKey: key?.publicKey.toString('base64') ?? '' };
}
