import { MeshError } from '@devmesh/foundation';

/** A page as stores return it: one row more than asked for tells that another page exists. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string;
}

/** Cuts a page out of `limit + 1` rows; `position` names the last item of the page so that the next one starts after it. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => string,
  present: (row: Row) => Item,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: items.map(present), ...(more ? { nextCursor: encodeCursor(position(last)) } : {}) };
}

/** An opaque cursor of a position. */
export function encodeCursor(position: string): string {
  return Buffer.from(position, 'utf8').toString('base64url');
}

/** The position of a cursor that `cutPage` gave; throws `invalid_request` for anything that does not fit `pattern`. */
export function readCursor(cursor: string | undefined, pattern: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const position = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!pattern.test(position)) {
    throw new MeshError('invalid_request', 'The cursor is not one that this list gave.', {
      issues: [{ path: 'query.cursor', message: 'pass `nextCursor` of the previous page unchanged' }],
    });
  }
  return position;
}

/** Positions that are UUIDs, as lists sorted by id use them. */
export const uuidPosition = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;
