import { applicationRights } from './exceptions.ts';
import type { Catalogue, Grant } from './read.ts';
import { systemAccess, type SystemAccess } from './system-access.ts';

const allVerbs = ['delete', 'insert', 'select', 'update'];

/** Rights that nobody decided on, and decided ones that are missing, so that the list stays true. */
export function grantProblems({ tables, grants }: Catalogue): readonly string[] {
  const expected = new Set([
    ...tables.filter(({ partition }) => !partition).flatMap(({ name }) => expectedOf(name)),
    ...['devmesh_app', 'devmesh_system'].map((role) => toLine('schema', 'mcp', role, 'usage')),
  ]);
  const found = new Set(grants.filter((grant) => !isHarmless(grant)).map(lineOf));
  return [
    ...[...found].filter((line) => !expected.has(line)).map((line) => `nobody decided on the right: ${line}`),
    ...[...expected]
      .filter((line) => !found.has(line))
      .map((line) => `a right that was decided on is missing: ${line}`),
  ];
}

/** Functions that run with the rights of who calls them show nothing that the caller does not see. */
function isHarmless({ kind, privilege }: Grant): boolean {
  return kind === 'function' && privilege === 'execute';
}

function expectedOf(table: string): readonly string[] {
  const { verbs = allVerbs, updates = [] } = applicationRights[table] ?? {};
  return [
    ...verbs.map((verb) => toLine('table', table, 'devmesh_app', verb)),
    ...updates.map((column) => toLine('column', `${table}.${column}`, 'devmesh_app', 'update')),
    ...systemGrants(table, systemAccess[table] ?? {}),
  ];
}

function systemGrants(table: string, { columns, updates, ...verbs }: SystemAccess): readonly string[] {
  const narrowed: Readonly<Record<string, readonly string[] | undefined>> = { select: columns, update: updates };
  return Object.keys(verbs).flatMap(
    (verb) =>
      narrowed[verb]?.map((column) => toLine('column', `${table}.${column}`, 'devmesh_system', verb)) ?? [
        toLine('table', table, 'devmesh_system', verb),
      ],
  );
}

function lineOf({ kind, name, grantee, privilege }: Grant): string {
  return toLine(kind, name, grantee, privilege);
}

function toLine(kind: string, name: string, grantee: string, privilege: string): string {
  return `${grantee} may ${privilege} ${kind} ${name}`;
}
