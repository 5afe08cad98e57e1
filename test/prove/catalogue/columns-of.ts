/** SQL: the names of columns by their numbers, in that order. */
export function columnsOf(relation: string, numbers: string): string {
  return `
    array(
      select a.attname::text from unnest(${numbers}) with ordinality as k (attnum, place)
      join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum order by k.place)`;
}
