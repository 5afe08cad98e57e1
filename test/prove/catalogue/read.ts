import type { MigrationConnection } from '@devmesh/infrastructure';
import * as queries from './queries.ts';

interface Table {
  readonly name: string;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly partition: boolean;
  readonly notNull: readonly string[];
}

export interface Policy {
  readonly table: string;
  readonly name: string;
  readonly permissive: boolean;
  readonly roles: readonly string[];
  readonly verb: string;
  readonly reads: string | null;
  readonly writes: string | null;
}

/** A primary key or anything else that makes values unique, in the order of its columns. */
interface UniqueKey {
  readonly table: string;
  readonly name: string;
  readonly columns: readonly string[];
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly target: string;
  readonly targetColumns: readonly string[];
}

/** A right of somebody who does not own the thing. */
export interface Grant {
  /** `table`, `partition`, `column`, `schema`, `sequence`, `function`, `database`. */
  readonly kind: string;
  readonly name: string;
  readonly grantee: string;
  readonly privilege: string;
}

interface Role {
  readonly name: string;
  readonly rights: readonly string[];
  readonly memberOf: readonly string[];
}

interface View {
  readonly name: string;
  readonly kind: string;
  readonly invoker: boolean;
}

interface Definer {
  readonly name: string;
  readonly settings: readonly string[];
  readonly callers: readonly string[];
  readonly body: string;
}

interface NamedFunction {
  readonly name: string;
  readonly definition: string;
}

interface Named {
  readonly name: string;
}

/** What a database says about itself, as far as isolation rests on it. */
export interface Catalogue {
  readonly tables: readonly Table[];
  readonly policies: readonly Policy[];
  readonly uniqueKeys: readonly UniqueKey[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly grants: readonly Grant[];
  readonly roles: readonly Role[];
  readonly views: readonly View[];
  readonly definers: readonly Definer[];
  readonly functions: readonly NamedFunction[];
  /** What belongs to a role of transactions, with its kind. */
  readonly owned: readonly string[];
  /** Rewrite rules, which replace a statement before policies are looked at. */
  readonly rewrites: readonly string[];
}

/** Reads the catalogue of a migrated database; it changes nothing. */
export async function readCatalogue(connection: Pick<MigrationConnection, 'query'>): Promise<Catalogue> {
  const names = async (text: string): Promise<readonly string[]> =>
    (await connection.query<Named>(text)).map(({ name }) => name);
  return {
    tables: await connection.query<Table>(queries.tables),
    policies: await connection.query<Policy>(queries.policies),
    uniqueKeys: await connection.query<UniqueKey>(queries.uniqueKeys),
    foreignKeys: await connection.query<ForeignKey>(queries.foreignKeys),
    grants: await connection.query<Grant>(queries.grants),
    roles: await connection.query<Role>(queries.roles),
    views: await connection.query<View>(queries.views),
    functions: await connection.query<NamedFunction>(queries.functions),
    definers: await connection.query<Definer>(queries.definers),
    owned: await names(queries.owned),
    rewrites: await names(queries.rewrites),
  };
}
