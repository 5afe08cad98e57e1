import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newId, silentTelemetry, systemClock } from '@devmesh/foundation';
import {
  openDatabaseBell,
  openDatabaseStream,
  type Database,
  type Embedder,
  type Stream,
} from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAudit, type Audit } from '../audit/index.ts';
import { createEvents, type Events } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { words } from './chunk-embedding.ts';
import type { RunContext } from './run-context.ts';
import { indexRepository } from './run.ts';
import { createKnowledge, type Knowledge } from './service.ts';
import type { RepositoryRow } from './store.ts';

/** A git repository in a temporary folder. */
export interface TestRepository {
  readonly folder: string;
  git(...args: string[]): string;
  /** Writes files (null deletes) and commits them; returns the commit. */
  commit(files: Readonly<Record<string, string | Uint8Array | null>>): Promise<string>;
}

/** Knowledge on a real database with real repositories, for tests. */
export interface TestKnowledge {
  readonly database: Database;
  readonly stream: Stream;
  readonly audit: Audit;
  readonly events: Events;
  /** The only folder under which repositories may lie. */
  readonly root: string;
  readonly embedder: CountingEmbedder;
  readonly knowledge: Knowledge;
  readonly context: RunContext;
  organization(): Promise<Principal>;
  repository(files: Readonly<Record<string, string | Uint8Array>>): Promise<TestRepository>;
  add(principal: Principal, repository: TestRepository): Promise<RepositoryRow>;
  /** Runs the indexer's work for one repository, as a ring would. */
  index(principal: Principal, repositoryId: string, options?: IndexOptions): Promise<'done' | 'again'>;
  read(principal: Principal, repositoryId: string): Promise<RepositoryRow>;
  close(): Promise<void>;
}

interface IndexOptions {
  readonly signal?: AbortSignal;
  readonly embedder?: Embedder;
}

/** An embedder of a test that knows what it was asked. */
export interface CountingEmbedder extends Embedder {
  readonly passages: string[];
}

/** Opens knowledge with a database and a root folder of its own. */
export async function openKnowledge(): Promise<TestKnowledge> {
  const database = await openTestDatabase();
  const telemetry = silentTelemetry;
  const bell = openDatabaseBell({ database, log: telemetry.log });
  const stream = openDatabaseStream({ database, bell, log: telemetry.log });
  const root = await realpath(await mkdtemp(join(tmpdir(), 'devmesh-knowledge-')));
  const audit = createAudit({ database, tracer: telemetry.tracer, newId });
  const events = createEvents({ database, telemetry });
  const embedder = createHashingEmbedder();
  const roots = [root];
  const knowledge = createKnowledge({ database, stream, embedder, audit, events, newId, telemetry, roots });
  const context: RunContext = { database, embedder, audit, events, newId, telemetry, clock: systemClock, roots };
  return {
    database,
    stream,
    audit,
    events,
    root,
    embedder,
    knowledge,
    context,
    organization: async () => principalOf(await newTenant(database)),
    repository: (files) => createRepository(root, files),
    add: (principal, { folder }) =>
      knowledge.addRepository(principal, { name: newId(), path: folder }, async () => undefined),
    index: ({ tenantId }, repositoryId, { signal = new AbortController().signal, ...changed } = {}) =>
      indexRepository({ ...context, ...changed }, { tenantId, repositoryId, signal }),
    read: async (principal, id) => {
      const { items } = await knowledge.listRepositories(principal, { limit: 200 });
      const row = items.find((item) => item.id === id);
      if (row === undefined) throw new Error(`no repository ${id}`);
      return row;
    },
    close: async () => {
      await events.close();
      await stream.close();
      await bell.close();
      await database.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function principalOf(tenantId: string): Principal {
  const scopes = ['knowledge:read', 'knowledge:write'] as const;
  return { tenantId, keyId: newId(), keyType: 'admin', scopes, agentId: undefined };
}

/** Makes a git repository with one commit in a new folder under `root`. */
export async function createRepository(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<TestRepository> {
  const folder = await mkdtemp(join(root, 'repository-'));
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      env: gitEnvironment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  git('init', '--quiet', '--initial-branch=main');
  const repository: TestRepository = {
    folder,
    git,
    commit: async (changes) => {
      for (const [path, content] of Object.entries(changes)) await change(join(folder, path), content);
      git('add', '--all', '--force');
      git('commit', '--quiet', '--allow-empty', '--message', 'change');
      return git('rev-parse', 'HEAD').trim();
    },
  };
  await repository.commit(files);
  return repository;
}

async function change(path: string, content: string | Uint8Array | null): Promise<void> {
  if (content === null) {
    await rm(path);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

const gitEnvironment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

/** Stands in for a model: texts that share words are close. */
export function createHashingEmbedder(name = 'hashing'): CountingEmbedder {
  const passages: string[] = [];
  return {
    passages,
    model: { provider: 'test', name, dimensions: 384, maximumTokens: 512 },
    embed: (texts, purpose, signal) => {
      signal?.throwIfAborted();
      if (purpose === 'passage') passages.push(...texts);
      return Promise.resolve(texts.map(hashWords));
    },
    close: () => Promise.resolve(),
  };
}

function hashWords(text: string): Float32Array {
  const vector = new Float32Array(384);
  for (const word of ['', ...words(text).split(' ')]) {
    const place = createHash('sha256').update(word).digest().readUInt16BE() % 384;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Lets the lease of a run end, as time would. */
export async function expireLease(database: Database, { tenantId }: Principal, repositoryId: string): Promise<void> {
  await database.tenant(tenantId, (tx) =>
    sql`update mcp.github_repositories set lease_expires_at = now(), next_attempt_at = now()
        where id = ${repositoryId}`.execute(tx),
  );
}

/** Everything that is stored of a repository's files, as text to compare. */
export async function storedChunks(
  database: Database,
  { tenantId }: Principal,
  repositoryId: string,
): Promise<readonly string[]> {
  const { rows } = await database.tenant(tenantId, (tx) =>
    sql<{ line: string }>`
      select concat_ws(' ', file.path, file.blob_sha, file.skipped, file.chunk_count, chunk.start_line, chunk.end_line,
                       chunk.heading, md5(chunk.text), chunk.search) as line
      from mcp.repository_files as file
      left join mcp.code_embeddings as chunk on chunk.file_id = file.id
      where file.repository_id = ${repositoryId} order by line`.execute(tx),
  );
  return rows.map(({ line }) => line);
}
