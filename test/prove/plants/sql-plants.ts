import type { SqlPlant } from './plant.ts';

const own = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;

/** Bugs that a migration, or a hand at the database, could bring. */
export const sqlPlants: readonly SqlPlant[] = [
  ...inCatalogue({
    'no-force': ['alter table mcp.tasks no force row level security', /tasks has row-level security not forced/u],
    'partition-open': [
      'alter table mcp.audit_log_default disable row level security',
      /audit_log_default has row-level security not enabled/u,
    ],
    'policy-dropped': ['drop policy tenant on mcp.limits', /limits has no policy that shows/u],
    'policy-true': [
      'drop policy tenant on mcp.limits; create policy tenant on mcp.limits for all to devmesh_app using (true)',
      /limits has no policy that shows/u,
    ],
    'using-without-check': [
      `drop policy tenant on mcp.limits;
       create policy tenant on mcp.limits for all to devmesh_app using (${own}) with check (true)`,
      /limits has no policy that shows/u,
    ],
    'policy-besides': [
      'create policy more on mcp.limits for select to devmesh_app using (true)',
      /limits has the policy more besides/u,
    ],
    'policy-on-partition': [
      'create policy more on mcp.audit_log_default for select to devmesh_app using (true)',
      /audit_log_default has a policy of its own/u,
    ],
    'system-without-job': [
      'drop policy system_select on mcp.tasks; create policy system_select on mcp.tasks for select to devmesh_system using (true)',
      /tasks\.system_select is not bound to a named job/u,
    ],
    'system-or': [
      `drop policy system_select on mcp.tasks; create policy system_select on mcp.tasks for select to devmesh_system
       using (current_setting('app.system_job', true) = 'sweep' or status = 'pending')`,
      /tasks\.system_select is not bound to a named job/u,
    ],
    'system-other-job': [
      `drop policy system_select on mcp.tasks; create policy system_select on mcp.tasks for select to devmesh_system
       using (current_setting('app.system_job', true) = any ('{sweep,deliver}'::text[]))`,
      /nobody decided that the job deliver may select tasks/u,
    ],
    'system-undecided': [
      `create policy system_select on mcp.limits for select to devmesh_system
       using (current_setting('app.system_job', true) = 'sweep')`,
      /nobody decided that the job sweep may select limits/u,
    ],
    'unique-without-tenant': [
      'create unique index agents_by_name on mcp.agent_manifests (name) where created_at < to_timestamp(0)',
      /agents_by_name of agent_manifests leaves the tenant out/u,
    ],
    'foreign-key-without-tenant': [
      `create table mcp.notes (tenant_id uuid not null, id uuid not null, source uuid references mcp.webhook_sources (id),
         primary key (tenant_id, id));
       call mcp.protect('notes')`,
      /notes_source_fkey of notes leaves the tenant out/u,
    ],
    'table-without-tenant': ['create table mcp.notes (id uuid primary key)', /notes has no column tenant_id/u],
    'table-forgotten': [
      'create table mcp.notes (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id))',
      /notes has row-level security not enabled/u,
    ],
    'role-bypasses': ['alter role devmesh_app bypassrls', /devmesh_app has the right: bypassrls/u],
    'role-is-member': ['grant devmesh_system to devmesh_app', /devmesh_app is a member of devmesh_system/u],
    'role-creates': ['grant create on schema mcp to devmesh_app', /create in the schema/u],
    'role-owns': [
      'grant create on schema mcp to devmesh_app; alter table mcp.limits owner to devmesh_app',
      /limits belongs to a role of transactions/u,
    ],
    'grant-truncate': ['grant truncate on mcp.limits to devmesh_app', /devmesh_app may truncate table limits/u],
    'grant-partition': [
      'grant select on mcp.audit_log_default to devmesh_app',
      /devmesh_app may select partition audit_log_default/u,
    ],
    'grant-column': ['grant select (title) on mcp.tasks to devmesh_system', /may select column tasks\.title/u],
    'grant-public': ['grant select on mcp.limits to public', /PUBLIC may select table limits/u],
    'grant-append-only': ['grant update on mcp.audit_log to devmesh_app', /devmesh_app may update table audit_log/u],
    'grant-default': [
      'alter default privileges in schema mcp grant select on tables to public',
      /PUBLIC may select default mcp/u,
    ],
    'view-of-owner': [
      'create view mcp.window as select * from mcp.tasks',
      /window reads with the rights of its owner/u,
    ],
    'definer-function': [
      `create function mcp.peek() returns bigint language sql security definer as 'select count(*) from mcp.tasks'`,
      /the function peek runs with the rights of its owner/u,
    ],
    'definer-search-path': [
      'alter function mcp.drop_partition(text, text) reset search_path',
      /drop_partition has no fixed search_path/u,
    ],
    'definer-caller': [
      'grant execute on function mcp.drop_partition(text, text) to devmesh_app',
      /drop_partition may be called by devmesh_app/u,
    ],
    'rewrite-rule': [
      'create rule also as on insert to mcp.limits do also delete from mcp.tasks',
      /limits\.also rewrites statements/u,
    ],
  }),
  ...inProbes({
    'probe-policy-true': [
      'drop policy tenant on mcp.limits; create policy tenant on mcp.limits for all to devmesh_app using (true)',
      /another tenant's rows can be read of limits/u,
    ],
    'probe-check-true': [
      `drop policy tenant on mcp.limits;
       create policy tenant on mcp.limits for all to devmesh_app using (${own}) with check (true)`,
      /a row can be inserted as another tenant's of limits/u,
    ],
    'probe-update-open': [
      'create policy more on mcp.limits for update to devmesh_app using (true) with check (true)',
      /its own rows can be given to another tenant of limits/u,
    ],
    'probe-delete-blind': [
      'create policy more on mcp.limits for delete to devmesh_app using (true)',
      /another tenant's rows can be deleted unseen of limits/u,
    ],
    'probe-nobody-sees-all': [
      `drop policy tenant on mcp.limits; create policy tenant on mcp.limits for all to devmesh_app
       using (tenant_id = coalesce(nullif(current_setting('app.tenant_id', true), '')::uuid, tenant_id))`,
      /as nobody: another tenant's rows can be read of limits/u,
    ],
    'probe-bypass': ['alter role devmesh_app bypassrls', /another tenant's rows can be read of limits/u],
    'probe-partition': [
      'grant select on mcp.audit_log_default to devmesh_app; alter table mcp.audit_log_default disable row level security',
      /read past the policies through the partition of audit_log_default/u,
    ],
    'probe-system-without-job': [
      'grant select on mcp.limits to devmesh_system; create policy system_select on mcp.limits for select to devmesh_system using (true)',
      /as the job "nobody": select reaches rows of limits/u,
    ],
    'probe-system-wide': ['grant select on mcp.tasks to devmesh_system', /more columns of tasks can be read/u],
    'probe-empty': ['delete from mcp.limits', /its own rows cannot be read of limits/u],
  }),
];

type Planted = Readonly<Record<string, readonly [sql: string, caughtBy: RegExp]>>;

function inCatalogue(planted: Planted): readonly SqlPlant[] {
  return Object.entries(planted).map(([name, [sql, caughtBy]]) => ({
    name,
    breaks: sql,
    check: 'catalogue',
    sql,
    caughtBy,
  }));
}

function inProbes(planted: Planted): readonly SqlPlant[] {
  return Object.entries(planted).map(([name, [sql, caughtBy]]) => ({
    name,
    breaks: sql,
    check: 'probes',
    sql,
    caughtBy,
  }));
}
