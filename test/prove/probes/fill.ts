import { errorCodeOf, type MigrationConnection } from '@devmesh/infrastructure';
import { createRandom, type Random } from '../../chaos/random.ts';
import { rowsOfNobody } from '../catalogue/exceptions.ts';
import { readCatalogue, type Catalogue } from '../catalogue/read.ts';
import { tenantColumnOf } from '../catalogue/rules.ts';
import { candidatesFor, sampleId } from './candidates.ts';
import { asTenant, quoteText } from './probe.ts';
import { readShapes, type Column, type Shape } from './shape.ts';

export type Row = Readonly<Record<string, string | null>>;

/** A row as it was inserted, and as it is stored, with what the database filled in; values as text. */
export interface Made {
  readonly inserted: Row;
  readonly stored: Row;
}

/** The rows that were made: by table, one for each tenant; rows of nobody stand in the place of the first tenant's. */
export type Filled = ReadonlyMap<string, { readonly a: Made; readonly b: Made | undefined }>;

/** Columns that point at a row without a key that says so: `table.column`, and the table. */
const pointers: Readonly<Record<string, string>> = { 'webhook_dlq.event_id': 'webhook_events' };

const tries = 400;

/**
 * Gives each of two tenants a row in every table, made from the catalogue alone: with the same ids and names in both,
 * except where a key is unique across tenants. Throws where a table cannot be filled, for it could not be probed.
 */
export async function fillTables(
  connection: MigrationConnection,
  shapes: readonly Shape[],
  tenants: readonly [a: string, b: string],
): Promise<Filled> {
  const { uniqueKeys } = await readCatalogue(connection);
  const apart = columnsApart(uniqueKeys);
  const common = { apart, id: sampleId };
  const filled = new Map<string, { a: Made; b: Made | undefined }>();
  for (const shape of shapes.filter(({ partition }) => !partition)) {
    const nobody = rowsOfNobody[shape.name];
    const known = (tenant: 'a' | 'b') =>
      new Map([...filled].map(([table, made]) => [table, (made[tenant] ?? made.a).stored]));
    const [first, second] = tenants;
    const a = await fill(connection, {
      shape,
      tenant: nobody?.tenant ?? first,
      place: 0,
      known: known('a'),
      ...common,
    });
    const b =
      nobody === undefined
        ? await fill(connection, { shape, tenant: second, place: 1, known: known('b'), ...common })
        : undefined;
    filled.set(shape.name, { a, b });
  }
  return filled;
}

/** Gives an organization a row in every table in which it has none, under ids of its own. */
export async function fillEmpty(
  connection: MigrationConnection,
  tenant: { readonly id: string; readonly place: 0 | 1 },
  newId: () => string,
): Promise<readonly string[]> {
  const { uniqueKeys } = await readCatalogue(connection);
  const apart = columnsApart(uniqueKeys);
  const known = new Map<string, Row>();
  const made: string[] = [];
  const shapes = (await readShapes(connection)).filter(
    ({ name, partition }) => !partition && rowsOfNobody[name] === undefined,
  );
  await asTenant(connection, tenant.id, async () => {
    for (const shape of shapes) {
      const row = await oneRowOf(connection, shape, tenant.id);
      if (row !== undefined) known.set(shape.name, row);
    }
  });
  for (const shape of shapes.filter(({ name }) => !known.has(name))) {
    const filling = { shape, tenant: tenant.id, place: tenant.place, known, apart, id: newId() };
    const stored = await fill(connection, filling).then(
      (row) => row.stored,
      (error: unknown) => rowOfInstance(connection, filling, error),
    );
    known.set(shape.name, stored);
    made.push(shape.name);
  }
  return made;
}

/** The instance is at work, and may write the row first: of a delivery that was just made, say, an attempt. */
async function rowOfInstance(
  connection: MigrationConnection,
  { shape, tenant }: Filling,
  error: unknown,
): Promise<Row> {
  const row = await asTenant(connection, tenant, () => oneRowOf(connection, shape, tenant));
  if (row === undefined) throw error;
  return row;
}

async function oneRowOf(connection: MigrationConnection, shape: Shape, tenant: string): Promise<Row | undefined> {
  const columns = shape.names.map((name) => `"${name}"::text`).join(', ');
  const where = `${tenantColumnOf(shape.name)} = $1`;
  const rows = await connection.query<Row>(`select ${columns} from mcp.${shape.name} where ${where} limit 1`, [tenant]);
  return rows[0];
}

function columnsApart(uniqueKeys: Catalogue['uniqueKeys']): ReadonlySet<string> {
  return new Set(
    uniqueKeys
      .filter(({ table, columns }) => !columns.includes(tenantColumnOf(table)))
      .flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)),
  );
}

interface Filling {
  readonly shape: Shape;
  readonly tenant: string;
  readonly place: number;
  readonly known: ReadonlyMap<string, Row>;
  /** Columns that two tenants cannot share a value in, as `table.column`. */
  readonly apart: ReadonlySet<string>;
  /** The id of the row. */
  readonly id: string;
}

/** Inserts a row; a check that refuses it has the columns that it is about drawn anew, until it is content. */
async function fill(connection: MigrationConnection, filling: Filling): Promise<Made> {
  const { shape } = filling;
  const random = createRandom(shape.name.length);
  const fixed = fixedValues(filling);
  const row: Record<string, string | null> = { ...firstValues(shape), ...fixed };
  let last = '';
  for (let left = tries; left > 0; left -= 1) {
    try {
      const inserted = spread(filling, row);
      return { inserted, stored: await insertAsOwner(connection, shape, inserted) };
    } catch (error) {
      const { message, constraint } = error as { message?: string; constraint?: string };
      last = message ?? String(error);
      if (errorCodeOf(error) !== '23514') break;
      const refused = shape.checks.find(({ name }) => name === constraint || last.includes(`"${name}"`));
      redraw(shape, row, { fixed, random, names: refused?.columns ?? shape.columns.map(({ name }) => name) });
    }
  }
  throw new Error(`the table ${shape.name} could not be given a row, so nothing about it can be proved: ${last}`);
}

function fixedValues({ shape, tenant, known }: Filling): Row {
  const values: Record<string, string | null> = {};
  for (const { columns, target, targetColumns } of shape.parents) {
    const parent = known.get(target);
    for (const [index, column] of columns.entries()) {
      const value = parent?.[targetColumns[index] ?? ''];
      if (value !== undefined) values[column] = value;
    }
  }
  for (const [pointer, target] of Object.entries(pointers)) {
    const [table, column = ''] = pointer.split('.');
    const id = known.get(target)?.['id'];
    if (table === shape.name && id !== undefined) values[column] = id;
  }
  values[tenantColumnOf(shape.name)] = tenant;
  return values;
}

function firstValues(shape: Shape): Row {
  const wanted = shape.columns.filter(({ required, filled }) => required && !filled);
  return Object.fromEntries(wanted.map((column) => [column.name, candidatesFor(shape, column)[0] ?? null]));
}

interface Redraw {
  readonly fixed: Row;
  readonly random: Random;
  readonly names: readonly string[];
}

function redraw(shape: Shape, row: Record<string, string | null>, { fixed, random, names }: Redraw): void {
  for (const column of shape.columns.filter(({ name }) => names.includes(name) && !(name in fixed))) {
    const choices = [...candidatesFor(shape, column), ...(column.required ? [] : [null])];
    row[column.name] = random.pick(choices) ?? null;
  }
}

/** Values that only one tenant can have are told apart in their last sign. */
function spread({ shape, place, apart, id }: Filling, row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => {
    const column = shape.columns.find((candidate) => candidate.name === name);
    if (value === null) return [name, value] as const;
    if (value === sampleId && id !== sampleId) return [name, id] as const;
    return [name, apart.has(`${shape.name}.${name}`) ? tellApart(value, column, place) : value] as const;
  });
  return Object.fromEntries(entries);
}

function tellApart(value: string, column: Column | undefined, place: number): string {
  const last = column?.type === 'bytea' || column?.type === 'uuid' ? 'cd'[place] : 'xy'[place];
  return value.slice(0, -1) + (last ?? '');
}

async function insertAsOwner(connection: MigrationConnection, shape: Shape, row: Row): Promise<Row> {
  await connection.script('begin');
  try {
    // The owner of a table is held by its policies too, unless it is a superuser.
    if (shape.forced) await connection.script(`alter table mcp.${shape.name} no force row level security`);
    // What a trigger writes elsewhere would be held by the policies there; that table gets a row of its own.
    await connection.script(`alter table mcp.${shape.name} disable trigger user`);
    const returned = shape.names.map((name) => `"${name}"::text`).join(', ');
    const statement = `${insertStatement(shape.name, row)} returning ${returned}`;
    const [stored] = await connection.query<Row>(statement, Object.values(row));
    await connection.script(`alter table mcp.${shape.name} enable trigger user`);
    if (shape.forced) await connection.script(`alter table mcp.${shape.name} force row level security`);
    await connection.script('commit');
    if (stored === undefined) throw new Error(`${shape.name} did not give back what it stored`);
    return stored;
  } catch (error) {
    await connection.script('rollback');
    throw error;
  }
}

/** An insert with its values written into it. */
export function insertText(table: string, row: Row): string {
  const values = Object.values(row).map((value) => (value === null ? 'null' : quoteText(value)));
  return `insert into mcp.${table} (${Object.keys(row).map(quote).join(', ')}) values (${values.join(', ')})`;
}

/** An insert of these columns with parameters in their order. */
function insertStatement(table: string, row: Row): string {
  const names = Object.keys(row);
  const places = names.map((_name, index) => `$${String(index + 1)}`);
  return `insert into mcp.${table} (${names.map(quote).join(', ')}) values (${places.join(', ')})`;
}

function quote(name: string): string {
  return `"${name}"`;
}
