import { columnsOf } from './columns-of.ts';

/** The tables of the schema, partitions too. */
export const tables = `
  select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced, c.relispartition as partition,
    array(
      select attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attnotnull order by a.attnum) as "notNull"
  from pg_class c where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') order by 1`;

export const policies = `
  select tablename as table, policyname as name, permissive = 'PERMISSIVE' as permissive, roles::text[] as roles,
    lower(cmd) as verb, qual as reads, with_check as writes
  from pg_policies where schemaname = 'mcp' order by 1, 2`;

/** Unique indexes cover primary keys, unique constraints and those that are no constraint; an expression is its text. */
export const uniqueKeys = `
  select c.relname as table, i.relname as name,
    array(
      select pg_get_indexdef(x.indexrelid, place, true) from generate_series(1, x.indnkeyatts) place order by place
    ) as columns
  from pg_index x
  join pg_class c on c.oid = x.indrelid
  join pg_class i on i.oid = x.indexrelid
  where c.relnamespace = 'mcp'::regnamespace and x.indisunique and not c.relispartition order by 1, 2`;

export const foreignKeys = `
  select c.conrelid::regclass::text as table, c.conname as name, c.confrelid::regclass::text as target,
    ${columnsOf('c.conrelid', 'c.conkey')} as columns, ${columnsOf('c.confrelid', 'c.confkey')} as "targetColumns"
  from pg_constraint c
  where c.connamespace = 'mcp'::regnamespace and c.contype = 'f' and c.conparentid = 0 order by 1, 2`;

const grantee = `case acl.grantee when 0 then 'PUBLIC' else pg_get_userbyid(acl.grantee) end`;
const right = `${grantee} as grantee, lower(acl.privilege_type) as privilege`;

/** Rights on the schema and what is in it, and of the roles of transactions on anything else that is not the system's. */
export const grants = `
  select case when c.relkind = 'S' then 'sequence' when c.relispartition then 'partition' else 'table' end as kind,
    c.relname as name, ${right}
  from pg_class c, aclexplode(c.relacl) acl
  where c.relnamespace = 'mcp'::regnamespace and acl.grantee <> c.relowner
  union all
  select case when c.relispartition then 'partition' else 'column' end, c.relname || '.' || a.attname, ${right}
  from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) acl
  where c.relnamespace = 'mcp'::regnamespace and acl.grantee <> c.relowner
  union all
  select 'function', p.proname, ${right}
  from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
  where p.pronamespace = 'mcp'::regnamespace and acl.grantee <> p.proowner
  union all
  select 'schema', n.nspname, ${right}
  from pg_namespace n, aclexplode(n.nspacl) acl
  where acl.grantee <> n.nspowner
    and (n.nspname = 'mcp' or pg_get_userbyid(acl.grantee) in ('devmesh_app', 'devmesh_system'))
  union all
  select 'elsewhere', n.nspname || '.' || c.relname, ${right}
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) acl
  where n.nspname <> 'mcp' and acl.grantee <> c.relowner
    and (pg_get_userbyid(acl.grantee) in ('devmesh_app', 'devmesh_system')
      or acl.grantee = 0 and n.nspname not in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'p', 'v', 'm', 'f'))
  union all
  select 'default', coalesce(n.nspname, 'every schema'), ${right}
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(d.defaclacl) acl
  where acl.grantee <> d.defaclrole
    and (acl.grantee = 0 or pg_get_userbyid(acl.grantee) in ('devmesh_app', 'devmesh_system'))
  order by 1, 2, 3, 4`;

/** What the two roles of transactions may do beyond statements; empty as it should be. */
export const roles = `
  select r.rolname as name,
    array_remove(array[
      case when r.rolsuper then 'superuser' end, case when r.rolbypassrls then 'bypassrls' end,
      case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
      case when r.rolreplication then 'replication' end, case when r.rolcanlogin then 'login' end,
      case when has_database_privilege(r.oid, current_database(), 'create') then 'create in the database' end,
      case when has_schema_privilege(r.oid, 'mcp', 'create') then 'create in the schema' end
    ], null) as rights,
    array(
      select pg_get_userbyid(m.roleid)::text from pg_auth_members m where m.member = r.oid order by 1) as "memberOf"
  from pg_roles r where r.rolname in ('devmesh_app', 'devmesh_system') order by 1`;

export const views = `
  select c.relname as name, c.relkind::text as kind,
    coalesce(lower(c.reloptions::text) similar to '%security_invoker=(true|on|1|yes)%', false) as invoker
  from pg_class c where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('v', 'm', 'f') order by 1`;

export const definers = `
  select p.proname as name, coalesce(p.proconfig, '{}') as settings, p.prosrc as body,
    array(
      select ${grantee} from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
      where acl.grantee <> p.proowner order by 1)::text[] as callers
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') order by 1`;

export const functions = `
  select p.proname as name, pg_get_functiondef(p.oid) as definition
  from pg_proc p where p.pronamespace = 'mcp'::regnamespace and p.prokind = 'f' order by 1`;

export const owned = `
  select pg_describe_object(classid, objid, objsubid) as name
  from pg_shdepend
  where refclassid = 'pg_authid'::regclass and deptype = 'o' and dbid in (0, (select oid from pg_database where datname = current_database()))
    and pg_get_userbyid(refobjid) in ('devmesh_app', 'devmesh_system') order by 1`;

export const rewrites = `
  select c.relname || '.' || r.rulename as name
  from pg_rewrite r join pg_class c on c.oid = r.ev_class
  where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') order by 1`;
