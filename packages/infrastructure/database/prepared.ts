import { createHash } from 'node:crypto';
import { sql, type RawBuilder } from 'kysely';

const mark = '/* prepared */';

/**
 * Begins a statement that is sent so often that each connection is to read and plan it once: sql`${prepared} select …`. For texts
 * without parts that vary, and whose best plan is the same for all values.
 */
export const prepared: RawBuilder<unknown> = sql.raw(mark);

const names = new Map<string, string>();
/** Each costs every connection some memory; what comes beyond is sent as any other. */
const mostNames = 200;

/** The name under which a marked statement is prepared; undefined for all others. */
export function preparedName(text: string): string | undefined {
  if (!text.startsWith(mark)) return undefined;
  const known = names.get(text);
  if (known !== undefined || names.size >= mostNames) return known;
  const name = `devmesh_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  names.set(text, name);
  return name;
}
