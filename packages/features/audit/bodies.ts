import { canonicalJson, MeshError, Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { KeySafe } from './key-safe.ts';
import { insertBody, selectBody, selectKeepsBodies } from './store.ts';

interface BodiesOptions {
  readonly database: Database;
  readonly vault: KeySafe;
}

interface BodyOfLine {
  readonly entryId: string;
  readonly body: unknown;
}

/** What calls were made with, sealed, where the organization keeps it for its auditors. */
export interface AuditBodies {
  /** Keeps bodies with the lines of their ids, in the transaction of those lines, where their organization wants it; whether it does. */
  keep(tx: Tx, tenantId: string, lines: readonly BodyOfLine[]): Promise<boolean>;
  /** Opens the body of a line; throws `not_found` where none was kept, and where the organization keeps none any more. */
  open(tenantId: string, entryId: string): Promise<unknown>;
}

/** The longest body that is kept; of a longer one the digest in its line has to do. */
const longestBody = 262_144;

/** Builds the keeping of bodies. */
export function createAuditBodies({ database, vault }: BodiesOptions): AuditBodies {
  return {
    keep: async (tx, tenantId, lines) => {
      if (!(await selectKeepsBodies(tx, tenantId))) return false;
      for (const { entryId, body } of lines) {
        const text = canonicalJson(body);
        if (text.length > longestBody) continue;
        await insertBody(tx, { entryId, sealed: await vault.seal(tx, placeOf(tenantId, entryId), new Secret(text)) });
      }
      return true;
    },
    open: (tenantId, entryId) =>
      database.tenant(tenantId, async (tx) => {
        const sealed = (await selectKeepsBodies(tx, tenantId)) ? await selectBody(tx, entryId) : undefined;
        if (sealed === undefined) throw new MeshError('not_found', `No arguments are kept for the line ${entryId}.`);
        return JSON.parse((await vault.open(tx, placeOf(tenantId, entryId), sealed)).open()) as unknown;
      }),
  };
}

function placeOf(tenantId: string, entryId: string) {
  return { tenantId, table: 'audit_bodies', row: entryId, field: 'sealed' };
}
