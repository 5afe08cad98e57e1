import { paint } from '../output/style.ts';

type Row = Readonly<Record<string, unknown>>;

const widestCell = 60;
const mostColumns = 7;

/** An answer for people: lists as a table, objects as lines. */
export function render(result: unknown): string {
  if (result === undefined) return paint('green', 'Done.');
  if (!isRow(result)) return JSON.stringify(result);
  const { items, ...rest } = result;
  return Array.isArray(items) ? renderPage(items, rest) : renderObject(result, '');
}

/** A page may be empty although there is more to look through. */
function renderPage(items: readonly unknown[], { nextCursor, ...about }: Row): string {
  const more = typeof nextCursor === 'string' ? [paint('dim', `More: --cursor ${nextCursor}`)] : [];
  const nothing = more.length > 0 ? 'Nothing in this part.' : 'Nothing yet.';
  const facts = Object.entries(about).filter(([, value]) => !isRow(value) && !Array.isArray(value));
  const lines = facts.map(([name, value]) => paint('dim', `${name} ${String(value)}`));
  return [items.length === 0 ? paint('dim', nothing) : renderTable(items.filter(isRow)), ...lines, ...more].join('\n');
}

function renderTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row).filter((name) => !isRow(row[name]))))].slice(
    0,
    mostColumns,
  );
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (values: readonly string[]): string =>
    values
      .map((value, index) => value.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(columns)), ...cells.map(line)].join('\n');
}

function renderObject(row: Row, indent: string): string {
  return Object.entries(row)
    .map(([name, value]) => {
      const label = `${indent}${paint('dim', name)}`;
      if (isRow(value)) return `${label}\n${renderObject(value, `${indent}  `)}`;
      if (Array.isArray(value) && value.length > 0 && value.every(isRow)) {
        return [label, ...value.map((item) => `${renderObject(item, `${indent}  `)}\n`)].join('\n');
      }
      return `${label}  ${typeof value === 'string' ? value : JSON.stringify(value)}`;
    })
    .join('\n');
}

function cell(value: unknown): string {
  if (value === undefined) return '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/gu, ' ');
  return text.length <= widestCell ? text : `${text.slice(0, widestCell - 1)}…`;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
