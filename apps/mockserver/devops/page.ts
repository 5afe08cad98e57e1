import { z } from 'zod';
import { invalid } from '../problem.ts';

/** The query parameters of every list. */
export const pageQuery = {
  cursor: z
    .string()
    .max(200)
    .exactOptional()
    .describe('`nextCursor` of the page before; leave out for the first page.'),
  limit: z.int().min(1).max(100).default(20).describe('Items on a page.'),
};

interface PageRequest {
  readonly cursor?: string;
  readonly limit: number;
}

/** The total order of a list, by identifier. */
export type Order = (left: string, right: string) => number;

/** The newest first: identifiers of one kind carry a growing number. */
export const newestFirst: Order = (left, right) => numberOf(right) - numberOf(left);

/** The oldest first. */
export const oldestFirst: Order = (left, right) => numberOf(left) - numberOf(right);

/** By identifier, as a dictionary sorts. */
export const byName: Order = (left, right) => (left < right ? -1 : Number(left > right));

function numberOf(id: string): number {
  return Number(id.slice(id.indexOf('-') + 1));
}

/**
 * One page after the cursor. The cursor names the last item seen, so items that appear or vanish
 * meanwhile neither repeat nor hide others.
 */
export function paginate<Item extends { readonly id: string }>(
  items: Iterable<Item>,
  request: PageRequest,
  order: Order,
): { items: Item[]; nextCursor: string | null } {
  const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor);
  const rest = [...items]
    .filter((item) => after === undefined || order(item.id, after) > 0)
    .sort((left, right) => order(left.id, right.id));
  const page = rest.slice(0, request.limit);
  const last = page.at(-1);
  return { items: page, nextCursor: last === undefined || rest.length === page.length ? null : encodeCursor(last.id) };
}

const cursorPrefix = 'after:';

function encodeCursor(id: string): string {
  return Buffer.from(cursorPrefix + id).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.slice(cursorPrefix.length);
  if (!text.startsWith(cursorPrefix) || encodeCursor(id) !== cursor) {
    throw invalid([{ path: 'query.cursor', message: 'It is not a cursor that a list gave.' }]);
  }
  return id;
}
