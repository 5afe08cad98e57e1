import { MeshError, toMeshError, type Logger, type Secret } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Vault } from '../../vault/index.ts';
import { secretPlace } from '../inbox.ts';
import { selectSourcesById, type SourceRow } from '../store-sources.ts';

interface LoaderOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly log: Logger;
}

/** A source with its secrets in clear; only ever held in the memory of this process. */
export interface OpenSource {
  readonly row: SourceRow;
  /** Undefined where a stored secret does not open: such a source accepts nothing. */
  readonly secrets: OpenSecrets | undefined;
}

interface OpenSecrets {
  readonly present: Secret;
  /** The one before the last rotation. */
  readonly previous: Secret | undefined;
}

/** Reads sources of any tenant from the database. */
export interface SourceLoader {
  /**
   * The source as it stands after this call was made; undefined where there is none. One query is in flight at a time
   * and the next one serves all that asked meanwhile, so that neither guessed ids nor forged webhooks cost one each.
   */
  load(id: string): Promise<OpenSource | undefined>;
}

type Loaded = ReadonlyMap<string, OpenSource>;

/** Builds a loader. `known` tells what is remembered: secrets of an unchanged revision are not opened again. */
export function createSourceLoader(
  options: LoaderOptions,
  known: (id: string) => OpenSource | undefined,
): SourceLoader {
  let next: { readonly ids: Set<string>; readonly loaded: Promise<Loaded> } | undefined;
  let current: Promise<unknown> = Promise.resolve();
  const begin = (): NonNullable<typeof next> => {
    const ids = new Set<string>();
    const loaded = current.then(() => {
      next = undefined;
      return loadAll(options, [...ids], known);
    });
    current = loaded.catch(() => undefined);
    return { ids, loaded };
  };
  return {
    load: async (id) => {
      next ??= begin();
      next.ids.add(id);
      return (await next.loaded).get(id);
    },
  };
}

async function loadAll(
  options: LoaderOptions,
  ids: readonly string[],
  known: (id: string) => OpenSource | undefined,
): Promise<Loaded> {
  const rows = await options.database.system('webhook-receive', (tx) => selectSourcesById(tx, ids));
  const loaded = new Map<string, OpenSource>();
  for (const row of rows) {
    const remembered = known(row.id);
    const unchanged = remembered?.row.revision === row.revision && remembered.secrets !== undefined;
    loaded.set(row.id, unchanged ? remembered : { row, secrets: await openSecrets(options, row) });
  }
  return loaded;
}

async function openSecrets(options: LoaderOptions, row: SourceRow): Promise<OpenSecrets | undefined> {
  const { vault, log } = options;
  const place = secretPlace(row.tenantId, row.id);
  const open = async (tx: Tx): Promise<OpenSecrets> => ({
    present: await vault.open(tx, place, row.secret),
    previous: row.previousSecret === null ? undefined : await vault.open(tx, place, row.previousSecret),
  });
  try {
    return await options.database.tenant(row.tenantId, open);
  } catch (error) {
    if (!(error instanceof MeshError) || error.code !== 'wrong_secret') throw error;
    log.error('the secret of a webhook source does not open', error, {
      'webhook.source_id': row.id,
      'error.code': toMeshError(error).code,
    });
    return undefined;
  }
}
