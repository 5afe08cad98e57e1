import type { MigrationConnection } from '@devmesh/infrastructure';
import { columnsOf } from '../catalogue/columns-of.ts';

/** A column that an insert may fill. */
export interface Column {
  readonly name: string;
  /** As the catalogue writes it, e.g. `text`, `vector(384)`. */
  readonly type: string;
  readonly required: boolean;
  /** Whether the database fills it where an insert leaves it out. */
  readonly filled: boolean;
  readonly labels: readonly string[];
}

interface Check {
  readonly name: string;
  readonly columns: readonly string[];
  readonly definition: string;
}

interface Parent {
  readonly columns: readonly string[];
  readonly target: string;
  readonly targetColumns: readonly string[];
}

/** What a row of a table must be like. */
export interface Shape {
  readonly name: string;
  readonly partition: boolean;
  readonly forced: boolean;
  /** Every column, also those that an insert leaves to the database. */
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly checks: readonly Check[];
  readonly parents: readonly Parent[];
}

interface Of {
  readonly table: string;
}

/** The shape of every table, parents before the tables that point at them. */
export async function readShapes(connection: Pick<MigrationConnection, 'query'>): Promise<readonly Shape[]> {
  const tables = await connection.query<Omit<Shape, 'columns' | 'checks' | 'parents'>>(`
    select relname as name, relispartition as partition, relforcerowsecurity as forced,
      array(
        select attname::text from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped
        order by attnum) as names
    from pg_class
    where relnamespace = 'mcp'::regnamespace and relkind in ('r', 'p') order by 1`);
  const columns = await connection.query<Column & Of>(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
      a.atthasdef or a.attidentity <> '' as filled,
      array(select enumlabel::text from pg_enum where enumtypid = a.atttypid order by enumsortorder) as labels
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
      and a.attgenerated = '' and a.attidentity <> 'a' order by a.attnum`);
  const checks = await connection.query<Check & Of>(`
    select c.conrelid::regclass::text as table, c.conname as name, pg_get_constraintdef(c.oid) as definition,
      ${columnsOf('c.conrelid', 'c.conkey')} as columns
    from pg_constraint c where c.connamespace = 'mcp'::regnamespace and c.contype = 'c'`);
  const parents = await connection.query<Parent & Of>(`
    select c.conrelid::regclass::text as table, c.confrelid::regclass::text as target,
      ${columnsOf('c.conrelid', 'c.conkey')} as columns, ${columnsOf('c.confrelid', 'c.confkey')} as "targetColumns"
    from pg_constraint c where c.connamespace = 'mcp'::regnamespace and c.contype = 'f' and c.conparentid = 0`);
  const of = <Item extends Of>(items: readonly Item[], name: string): readonly Item[] =>
    items.filter(({ table }) => bare(table) === name);
  const shapes = tables.map((table) => ({
    ...table,
    columns: of(columns, table.name),
    checks: of(checks, table.name),
    parents: of(parents, table.name).map((parent) => ({ ...parent, target: bare(parent.target) })),
  }));
  return parentsFirst(shapes);
}

function bare(name: string): string {
  return name.replace(/^mcp\./u, '');
}

function parentsFirst(shapes: readonly Shape[]): readonly Shape[] {
  const placed = new Map<string, Shape>();
  while (placed.size < shapes.length) {
    const next = shapes.filter(
      (shape) =>
        !placed.has(shape.name) && shape.parents.every(({ target }) => target === shape.name || placed.has(target)),
    );
    if (next.length === 0) throw new Error('tables point at each other in a circle');
    for (const shape of next) placed.set(shape.name, shape);
  }
  return [...placed.values()];
}
