/** A table that refers to another. */
export interface Reference {
  readonly from: string;
  readonly to: string;
}

/**
 * Tables in an order in which their rows can be removed: what refers to others comes before them. Where references go round in
 * a circle, one of the circle comes first; the rows that then go along with others were to go anyway.
 */
export function removalOrder(tables: readonly string[], references: readonly Reference[]): readonly string[] {
  const ordered: string[] = [];
  const left = new Set(tables);
  while (left.size > 0) {
    const free = [...left].filter((table) => !isReferred(table, left, references));
    const [first] = left;
    for (const table of free.length > 0 || first === undefined ? free : [first]) {
      ordered.push(table);
      left.delete(table);
    }
  }
  return ordered;
}

function isReferred(table: string, left: ReadonlySet<string>, references: readonly Reference[]): boolean {
  return references.some(({ from, to }) => to === table && from !== table && left.has(from));
}
