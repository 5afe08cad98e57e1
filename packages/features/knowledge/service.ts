import { MeshError, systemClock, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, Embedder, Stream, Tx } from '@devmesh/infrastructure';
import type { Actor, Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { readHead } from './git-repository.ts';
import { resolveRepository } from './repository-folder.ts';
import { ring } from './ring.ts';
import { search, type SearchAnswer, type SearchRequest } from './search.ts';
import { createHeadReader } from './staleness.ts';
import {
  insertRepository,
  requestRun,
  selectRepositories,
  selectRepositoryIdByName,
  type RepositoryRow,
} from './store.ts';
import { requireDimensions } from './store-files.ts';

interface KnowledgeOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly embedder: Embedder;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  /** Folders under which repositories may lie. */
  readonly roots: readonly string[];
}

interface RepositoryRequest {
  readonly name: string;
  readonly path: string;
}

/** Which repository to index again, and on whose behalf. */
interface ReindexRequest {
  /** As the audit trail names it. */
  readonly actor: Actor;
  readonly repositoryId?: string | undefined;
  /** The best first. */
  readonly names?: readonly string[] | undefined;
}

/** Repositories and what is known of their code. */
export interface Knowledge {
  /**
   * Notes a repository and has it indexed; `commit` runs in the same transaction. Throws `forbidden` for a folder
   * outside the roots, `not_found` or `invalid_request` where there is no work tree, `conflict` when the name is taken.
   */
  addRepository(
    principal: Principal,
    request: RepositoryRequest,
    commit: (tx: Tx, repository: RepositoryRow) => Promise<void>,
  ): Promise<RepositoryRow>;
  listRepositories(
    principal: Principal,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<Page<RepositoryRow>>;
  /** Has a repository indexed at its present HEAD, after the run that is perhaps under way. */
  reindex(principal: Principal, repositoryId: string): Promise<RepositoryRow>;
  /**
   * Has a repository indexed again in a transaction of another feature: the one with that id, or with the first of the
   * names that is one's. Undefined where there is none. Ring for it once the transaction has committed.
   */
  reindexIn(tx: Tx, request: ReindexRequest): Promise<RepositoryRow | undefined>;
  /** Rings for a repository that is to be indexed; never throws. */
  ring(tenantId: string, repositoryId: string): Promise<void>;
  /** The best chunks for a question, or why there are none. */
  search(principal: Principal, request: SearchRequest): Promise<SearchAnswer>;
}

/** Builds the knowledge feature. */
export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { database, embedder, telemetry } = options;
  requireDimensions(embedder.model.dimensions);
  const searching = { database, embedder, telemetry, readHead: createHeadReader(systemClock) };
  return {
    addRepository: (principal, request, commit) => addRepository(options, { principal, request, commit }),
    reindex: (principal, repositoryId) => reindex(options, principal, repositoryId),
    reindexIn: (tx, request) => reindexIn(options, tx, request),
    ring: (tenantId, repositoryId) => ring(options, tenantId, repositoryId),
    search: (principal, request) => search(searching, principal, request),
    listRepositories: async (principal, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(principal.tenantId, (tx) => selectRepositories(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
  };
}

interface Addition {
  readonly principal: Principal;
  readonly request: RepositoryRequest;
  readonly commit: (tx: Tx, repository: RepositoryRow) => Promise<void>;
}

async function addRepository(
  options: KnowledgeOptions,
  { principal, request: { name, path }, commit }: Addition,
): Promise<RepositoryRow> {
  const folder = await resolveRepository(path, options.roots);
  await readHead(folder);
  const row = await options.database.tenant(principal.tenantId, async (tx) => {
    const traceparent = options.telemetry.tracer.traceparent();
    const repository = await insertRepository(tx, { id: options.newId(), name, path: folder, traceparent });
    if (repository === undefined) throw new MeshError('conflict', `There is a repository named "${name}" already.`);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'knowledge.addRepository',
      subject: repository.id,
      detail: { name, path: folder },
    });
    await announce(options, tx, repository);
    await commit(tx, repository);
    return repository;
  });
  await ring(options, principal.tenantId, row.id);
  return row;
}

async function reindex(options: KnowledgeOptions, principal: Principal, repositoryId: string): Promise<RepositoryRow> {
  const row = await options.database.tenant(principal.tenantId, async (tx) => {
    const repository = await reindexIn(options, tx, { actor: actorOf(principal), repositoryId });
    if (repository === undefined) throw new MeshError('not_found', `There is no repository ${repositoryId}.`);
    return repository;
  });
  await ring(options, principal.tenantId, repositoryId);
  return row;
}

async function reindexIn(
  options: KnowledgeOptions,
  tx: Tx,
  { actor, repositoryId, names = [] }: ReindexRequest,
): Promise<RepositoryRow | undefined> {
  const id = repositoryId ?? (await selectRepositoryIdByName(tx, names));
  if (id === undefined) return undefined;
  const repository = await requestRun(tx, id, options.telemetry.tracer.traceparent());
  if (repository === undefined) return undefined;
  await options.audit.record(tx, { actor, action: 'knowledge.reindex', subject: id });
  await announce(options, tx, repository);
  return repository;
}

async function announce({ events }: KnowledgeOptions, tx: Tx, { id, name, status, progress }: RepositoryRow) {
  await events.publish(tx, {
    type: 'repository.progress',
    subjectId: id,
    summary: `${name}: ${status}`,
    data: { name, status, progress },
  });
}
