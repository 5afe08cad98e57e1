import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';

/** Which part of a list is wanted. */
export interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A page of rows in the order of their ids. */
export async function listById<Row extends { readonly id: string }>(
  { cursor, limit }: PageRequest,
  select: (after: string | undefined, limit: number) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const rows = await select(readCursor(cursor, uuidPosition), limit);
  return cutPage(
    rows,
    limit,
    (row) => row.id,
    (row) => row,
  );
}
