import { definerFunctions, foreignKeysAcrossTenants, keysAcrossTenants, tenantColumns } from './exceptions.ts';
import { grantProblems } from './grants.ts';
import type { Catalogue } from './read.ts';
import { systemPolicyProblems } from './system-policies.ts';

/** One thing that isolation rests on, as a question to the catalogue. */
export interface Rule {
  readonly name: string;
  /** A sentence for each thing that breaks it. */
  readonly problems: (catalogue: Catalogue) => readonly string[];
}

/** The column that says whose a row is. */
export function tenantColumnOf(table: string): string {
  return tenantColumns[table] ?? 'tenant_id';
}

/** Every rule; each looks at all that the catalogue has, so that something new is looked at too. */
export const rules: readonly Rule[] = [
  {
    name: 'row-level security is enabled and forced on every table and partition',
    problems: ({ tables }) =>
      tables
        .filter(({ enabled, forced }) => !enabled || !forced)
        .map(({ name, enabled }) => `${name} has row-level security ${enabled ? 'not forced' : 'not enabled'}`),
  },
  {
    name: 'every table names the tenant of each row',
    problems: ({ tables }) =>
      tables
        .filter(({ name, partition, notNull }) => !partition && !notNull.includes(tenantColumnOf(name)))
        .map(({ name }) => `${name} has no column ${tenantColumnOf(name)} that is not null`),
  },
  { name: 'the application role reads and writes by one policy, that of its tenant', problems: tenantPolicyProblems },
  { name: 'system jobs get through named policies for named jobs only', problems: systemPolicyProblems },
  { name: 'the tenant is in every unique key', problems: uniqueKeyProblems },
  { name: 'the tenant is in every foreign key', problems: foreignKeyProblems },
  {
    name: 'the roles of transactions own nothing',
    problems: ({ owned }) => owned.map((thing) => `${thing} belongs to a role of transactions`),
  },
  { name: 'the roles of transactions cannot bypass, create or log in', problems: roleProblems },
  { name: 'grants are exactly those decided on', problems: grantProblems },
  {
    name: 'views and foreign tables read with the rights of who asks',
    problems: ({ views }) =>
      views.filter(({ invoker }) => !invoker).map(({ name }) => `${name} reads with the rights of its owner`),
  },
  { name: 'functions with the rights of their owner are known', problems: definerProblems },
  {
    name: 'no rewrite rule stands before a policy',
    problems: ({ rewrites }) => rewrites.map((name) => `${name} rewrites statements before a policy is looked at`),
  },
  {
    name: 'there is something to look at',
    problems: ({ tables, roles }) =>
      tables.length > 20 && roles.length === 2 ? [] : ['the schema mcp or its two roles are not here'],
  },
];

function tenantPolicyProblems({ tables, policies }: Catalogue): readonly string[] {
  return tables.flatMap(({ name, partition }) => {
    const found = policies.filter(({ table, roles }) => table === name && !isSystem(roles));
    if (partition) return found.map((policy) => `the partition ${name} has a policy of its own, ${policy.name}`);
    const own = `(${tenantColumnOf(name)} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;
    const right = found.filter(
      ({ verb, permissive, roles, reads, writes }) =>
        verb === 'all' && permissive && roles.join() === 'devmesh_app' && reads === own && writes === own,
    );
    const others = found.filter((policy) => !right.includes(policy));
    return [
      ...(right.length === 1 ? [] : [`${name} has no policy that shows and takes the rows of its tenant alone`]),
      ...others.map((policy) => `${name} has the policy ${policy.name} besides`),
    ];
  });
}

function isSystem(roles: readonly string[]): boolean {
  return roles.join() === 'devmesh_system';
}

function uniqueKeyProblems({ uniqueKeys }: Catalogue): readonly string[] {
  const without = uniqueKeys.filter(({ table, columns }) => !columns.includes(tenantColumnOf(table)));
  return [
    ...without.filter(({ name }) => keysAcrossTenants[name] === undefined).map(toKeyProblem),
    ...Object.keys(keysAcrossTenants)
      .filter((known) => !without.some(({ name }) => name === known))
      .map((known) => `the exception for the key ${known} is no longer needed`),
  ];
}

function toKeyProblem({ table, name }: { readonly table: string; readonly name: string }): string {
  return `the key ${name} of ${table} leaves the tenant out`;
}

/** A key between two tables must lead from tenant to tenant; one that leaves it out lets a tenant point at rows of another. */
function foreignKeyProblems({ foreignKeys }: Catalogue): readonly string[] {
  return foreignKeys
    .filter(({ name }) => foreignKeysAcrossTenants[name] === undefined)
    .filter(({ table, columns, target, targetColumns }) => {
      const place = columns.indexOf(tenantColumnOf(bare(table)));
      return place === -1 || targetColumns[place] !== tenantColumnOf(bare(target));
    })
    .map(({ table, name }) => toKeyProblem({ table: bare(table), name }));
}

function bare(name: string): string {
  return name.replace(/^mcp\./u, '');
}

function roleProblems({ roles }: Catalogue): readonly string[] {
  return roles.flatMap(({ name, rights, memberOf }) => [
    ...rights.map((right) => `${name} has the right: ${right}`),
    ...memberOf.map((role) => `${name} is a member of ${role}`),
  ]);
}

function definerProblems({ definers }: Catalogue): readonly string[] {
  return definers.flatMap(({ name, settings, callers }) => {
    const known = definerFunctions[name];
    if (known === undefined) return [`the function ${name} runs with the rights of its owner`];
    return [
      ...(settings.includes('search_path=pg_catalog, pg_temp')
        ? []
        : [`the function ${name} has no fixed search_path`]),
      ...(callers.join() === known.caller ? [] : [`the function ${name} may be called by ${callers.join(', ')}`]),
    ];
  });
}
