-- Repositories, the files of theirs that are indexed, and the chunks of those files with their embeddings.
create table mcp.github_repositories (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  -- Absolute, with every symbolic link resolved.
  path text not null,
  status text not null default 'queued' check (status in ('queued', 'indexing', 'ready', 'failed')),
  error text,
  -- The commit that searches see; null until a first run has finished.
  commit text,
  branch text,
  -- Which version of the files searches see; a run prepares the next one and makes it visible in one update.
  generation bigint not null default 0,
  file_count integer not null default 0,
  chunk_count integer not null default 0,
  progress double precision not null default 0 check (progress between 0 and 1),
  -- How often indexing was asked for: a run that finds it grown in the end is followed by another.
  requests bigint not null default 1,
  -- Runs since the last one that got anything done.
  attempts integer not null default 0,
  lease_expires_at timestamptz,
  fence bigint not null default 0,
  -- When to ring for it again, unless a run has ended by then.
  next_attempt_at timestamptz not null default now() + interval '15 seconds',
  traceparent text,
  created_at timestamptz not null default now(),
  indexed_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
call mcp.protect('github_repositories', system_verbs => '{select,update}', system_jobs => '{sweep}');
create index github_repositories_due on mcp.github_repositories (next_attempt_at)
  where status in ('queued', 'indexing');

create table mcp.repository_files (
  tenant_id uuid not null,
  repository_id uuid not null,
  id uuid not null,
  path text not null,
  -- Git's object id of the content: the same id is the same content.
  blob_sha text not null,
  -- The embedding model of its chunks: those of another one cannot be compared.
  model text not null,
  lines integer not null,
  chunk_count integer not null,
  -- Why it has no chunks although git tracks it; null where it was indexed.
  skipped text check (skipped in ('binary', 'generated', 'minified')),
  -- The commit of the run that read it.
  commit text not null,
  -- The generations that see it: from this one up to, but without, that one.
  visible_from bigint not null,
  visible_until bigint,
  primary key (tenant_id, repository_id, id),
  unique (tenant_id, repository_id, path, blob_sha, model),
  foreign key (tenant_id, repository_id) references mcp.github_repositories (tenant_id, id) on delete cascade
);
call mcp.protect('repository_files');
create index repository_files_blob on mcp.repository_files (tenant_id, repository_id, blob_sha);
create index repository_files_outdated on mcp.repository_files (tenant_id, repository_id, visible_until)
  where visible_until is not null;

-- No HNSW and no GIN index, on purpose: both know nothing of tenants. An HNSW scan finds the nearest rows of all tenants
-- and then drops the others', so a small tenant beside a large one would find nothing; and row-level security keeps `@@`
-- (which is not leakproof) out of any index scan. The primary key leads to one repository's chunks, which are compared
-- exactly: nothing is missed, and the cost grows with that repository alone.
create table mcp.code_embeddings (
  tenant_id uuid not null,
  repository_id uuid not null,
  file_id uuid not null,
  start_line integer not null check (start_line >= 1),
  end_line integer not null,
  heading text not null,
  text text not null,
  model text not null,
  embedding vector(384) not null,
  -- Words of the path and heading (A) and of the text (D), identifiers whole and split.
  search tsvector not null,
  primary key (tenant_id, repository_id, file_id, start_line),
  check (end_line >= start_line),
  foreign key (tenant_id, repository_id, file_id)
    references mcp.repository_files (tenant_id, repository_id, id) on delete cascade
);
call mcp.protect('code_embeddings');
-- Every search reads every embedding, so they stay in the row instead of beside it.
alter table mcp.code_embeddings alter column embedding set storage plain;
