import { randomBytes } from 'node:crypto';
import { MeshError, Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import type { Page } from '../paging.ts';
import { secretPlace, type InboxOptions } from './inbox.ts';
import type { KindName } from './kinds/index.ts';
import { listById, type PageRequest } from './list.ts';
import type { Rule } from './rules.ts';
import { insertSource, selectSources, type SourceRow } from './store-sources.ts';

interface SourceRequest {
  readonly name: string;
  readonly kind: KindName;
  /** Absent: one is made. */
  readonly secret?: string | undefined;
  readonly rules: readonly Rule[];
}

/** A new source with its secret, which exists in clear only here. */
export interface CreatedSource {
  readonly source: SourceRow;
  readonly secret: Secret;
}

/** Who may send webhooks to an organization. */
export interface Sources {
  /** Creates a source; `commit` runs in the same transaction. Throws `conflict` when the name is taken. */
  createSource(
    principal: Principal,
    request: SourceRequest,
    commit: (tx: Tx, created: CreatedSource) => Promise<void>,
  ): Promise<CreatedSource>;
  listSources(principal: Principal, page: PageRequest): Promise<Page<SourceRow>>;
}

/** Builds the sources of webhooks. */
export function createSources(options: InboxOptions): Sources {
  const { database } = options;
  return {
    createSource: (principal, request, commit) => createSource(options, { principal, request, commit }),
    listSources: (principal, page) =>
      listById(page, (after, limit) => database.tenant(principal.tenantId, (tx) => selectSources(tx, after, limit))),
  };
}

interface Creation {
  readonly principal: Principal;
  readonly request: SourceRequest;
  readonly commit: (tx: Tx, created: CreatedSource) => Promise<void>;
}

async function createSource(options: InboxOptions, { principal, request, commit }: Creation): Promise<CreatedSource> {
  const { tenantId } = principal;
  const id = options.newId();
  const secret = new Secret(request.secret ?? randomBytes(32).toString('hex'));
  return options.database.tenant(tenantId, async (tx) => {
    const sealed = await options.vault.seal(tx, secretPlace(tenantId, id), secret);
    const source = await insertSource(tx, { ...request, id, secret: sealed });
    if (source === undefined) throw new MeshError('conflict', `There is a source named "${request.name}" already.`);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'webhooks.createSource',
      subject: id,
      detail: { name: request.name, kind: request.kind },
    });
    const created = { source, secret };
    await commit(tx, created);
    return created;
  });
}
