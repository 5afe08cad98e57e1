-- Finding tools by what they mean: how far an organization's tools are embedded, and the embeddings themselves.
create table mcp.tool_search_state (
  tenant_id uuid primary key references mcp.organizations (id) on delete cascade,
  -- Grows with every change of what its tools are; what a process remembers of them counts only while it is the same.
  revision bigint not null default 1,
  -- The revision whose tools are all embedded.
  embedded_revision bigint not null default 0,
  -- When somebody should embed what lacks; null where nothing does.
  due_at timestamptz default now(),
  attempts integer not null default 0
);
comment on table mcp.tool_search_state is 'How far the tools of an organization are embedded for search.';
call mcp.protect('tool_search_state', system_verbs => '{select,update}', system_jobs => '{sweep}');
create index tool_search_state_due on mcp.tool_search_state (due_at) where due_at is not null;

-- By the digest of the text, so that a tool that comes back or moves is not embedded again.
create table mcp.tool_search (
  tenant_id uuid not null references mcp.organizations (id) on delete cascade,
  model text not null check (length(model) between 1 and 200),
  -- SHA-256 of the embedded text in base64url.
  digest text collate "C" not null check (length(digest) = 43),
  -- Searched in the memory of the process, whole; no index is built on it.
  embedding vector not null,
  primary key (tenant_id, model, digest)
);
comment on table mcp.tool_search is 'The embeddings of the texts of tools.';
call mcp.protect('tool_search');

-- Triggers, so that no writer of definitions can forget it.
create function mcp.note_tool_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op <> 'INSERT' then
    update mcp.tool_search_state as state
    set revision = state.revision + 1, due_at = coalesce(state.due_at, now())
    where state.tenant_id in (select tenant_id from changed);
  end if;
  if tg_op = 'INSERT' then
    insert into mcp.tool_search_state as state (tenant_id) select distinct tenant_id from changed
    on conflict (tenant_id) do update
      set revision = state.revision + 1, due_at = coalesce(state.due_at, now());
  end if;
  return null;
end
$$;

create trigger note_insert after insert on mcp.tool_operations
  referencing new table as changed for each statement execute function mcp.note_tool_change();
create trigger note_update after update on mcp.tool_operations
  referencing new table as changed for each statement execute function mcp.note_tool_change();
create trigger note_delete after delete on mcp.tool_operations
  referencing old table as changed for each statement execute function mcp.note_tool_change();
create trigger note_update after update on mcp.tool_configurations
  referencing new table as changed for each statement execute function mcp.note_tool_change();
