import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';

/** A page of content: text, or base64 of what is none. */
export interface ResultPage {
  readonly text?: string;
  readonly base64?: string;
  readonly nextCursor?: string;
}

interface PageRequest {
  readonly mediaType: string;
  readonly cursor: string | undefined;
  readonly select: readonly string[];
}

/** Bytes of a page. */
export const pageBytes = 65_536;

/** The page of content at a cursor, which holds for one selection alone. Throws `invalid_request` for a cursor of another. */
export function pageOf(content: Uint8Array, { mediaType, cursor, select }: PageRequest): ResultPage {
  const mark = createHash('sha256').update(JSON.stringify(select)).digest('hex').slice(0, 8);
  const start = cursor === undefined ? 0 : offsetOf(cursor, mark);
  const text = isText(content, mediaType);
  const end = text ? characterEnd(content, start + pageBytes) : Math.min(content.length, start + pageBytes);
  const page = Buffer.from(content.subarray(start, end));
  const shown = text ? { text: page.toString('utf8') } : { base64: page.toString('base64') };
  return end < content.length ? { ...shown, nextCursor: `${String(end)}-${mark}` } : shown;
}

function offsetOf(cursor: string, mark: string): number {
  const [, offset, of] = /^(\d{1,12})-([0-9a-f]{8})$/u.exec(cursor) ?? [];
  if (offset !== undefined && of === mark) return Number(offset);
  throw new MeshError('invalid_request', 'The cursor is not one of this result and selection.', {
    issues: [{ path: 'query.cursor', message: 'is not one of this result and selection' }],
  });
}

function isText(content: Uint8Array, mediaType: string): boolean {
  if (/^(?:image|audio|video|font)\/(?!svg)/u.test(mediaType)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
    return !content.includes(0);
  } catch {
    // Bytes that are no text.
    return false;
  }
}

/** At most `wanted`, never inside a character: its continuation bytes begin with the bits 10. */
export function characterEnd(content: Uint8Array, wanted: number): number {
  if (wanted >= content.length) return content.length;
  let end = wanted;
  while (end > 0 && ((content[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
