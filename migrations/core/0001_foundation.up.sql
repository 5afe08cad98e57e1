-- The schema of the product, the two roles that its transactions run as, and the procedure that protects a table.

create schema mcp;
revoke all on schema mcp from public;

-- On PostgreSQL an operator may have installed these already: only a superuser may install vector.
create extension if not exists vector;
create extension if not exists pg_trgm;
create extension if not exists pgcrypto;

-- Roles belong to the whole cluster, so another database, perhaps at this very moment, may be making them too.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['devmesh_app', 'devmesh_system'] loop
    begin
      if not exists (select from pg_roles where rolname = role_name) then
        execute format(
          'create role %I nologin nosuperuser nocreatedb nocreaterole noinherit', role_name);
      end if;
    exception
      when duplicate_object or unique_violation then null;
    end;
    if exists (select from pg_roles where rolname = role_name and (rolsuper or rolbypassrls)) then
      raise exception 'role % may bypass row-level security; take that right away from it', role_name;
    end if;
  end loop;
end
$$;

-- An ordinary login role must be a member to act as them; a superuser need not be.
do $$
declare
  role_name text;
  attempt integer;
begin
  foreach role_name in array array['devmesh_app', 'devmesh_system'] loop
    attempt := 0;
    while not pg_has_role(current_user, role_name, 'member') loop
      begin
        execute format('grant %I to current_user', role_name);
      exception
        -- "tuple concurrently updated": another database of the cluster grants it in this moment.
        when internal_error or unique_violation then
          attempt := attempt + 1;
          if attempt > 20 then raise; end if;
          perform pg_sleep(0.05);
      end;
    end loop;
  end loop;
end
$$;

grant usage on schema mcp to devmesh_app, devmesh_system;

-- Protects a table of schema mcp: row-level security is enabled and forced, devmesh_app sees the rows of its tenant only.
-- system_verbs (of select, insert, update, delete) opens the table across tenants to devmesh_system, and system_jobs
-- to no job but those; update and delete need select as well to find their rows.
create procedure mcp.protect(
  table_name text,
  tenant_column text default 'tenant_id',
  system_verbs text[] default '{}',
  system_jobs text[] default null
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  own constant text := format('%I = nullif(current_setting(''app.tenant_id'', true), '''')::uuid', tenant_column);
  job text := 'true';
  verb text;
begin
  execute format('alter table mcp.%I enable row level security', table_name);
  execute format('alter table mcp.%I force row level security', table_name);
  execute format('revoke all on mcp.%I from public', table_name);
  execute format('grant select, insert, update, delete on mcp.%I to devmesh_app', table_name);
  execute format(
    'create policy tenant on mcp.%I for all to devmesh_app using (%s) with check (%s)', table_name, own, own);

  if system_jobs is not null then
    job := format('current_setting(''app.system_job'', true) = any (%L::text[])', system_jobs);
  end if;
  foreach verb in array system_verbs loop
    if verb not in ('select', 'insert', 'update', 'delete') then
      raise exception '% is not a verb of a policy', verb;
    end if;
    execute format('grant %s on mcp.%I to devmesh_system', verb, table_name);
    execute format(
      'create policy %I on mcp.%I for %s to devmesh_system%s%s',
      'system_' || verb, table_name, verb,
      case when verb <> 'insert' then format(' using (%s)', job) end,
      case when verb in ('insert', 'update') then format(' with check (%s)', job) end);
  end loop;
end
$$;

revoke execute on procedure mcp.protect(text, text, text[], text[]) from public;
