-- Answers of tools that were too large or not text: their content is a blob, readable for a day by whoever called.
create table mcp.tool_results (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  id uuid not null,
  tool_name text not null check (length(tool_name) between 1 and 64),
  media_type text not null check (length(media_type) between 1 and 200),
  -- Of the blob: the id and a line break before the content, so that no two results share one.
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Of the content.
  bytes bigint not null check (bytes >= 0),
  -- The agent, person or key that called; nobody else reads it.
  created_by text not null check (length(created_by) between 1 and 100),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
call mcp.protect('tool_results', system_verbs => '{select,delete}', system_jobs => '{sweep}');
create index tool_results_expiry on mcp.tool_results (expires_at);
comment on table mcp.tool_results is 'Large answers of tools, kept for a day for whoever called.';
