import type { Content, ToolResult } from '@devmesh/mcp';

/** Bytes that the results of one batch have together, as JSON. */
const largestBatch = 1_048_576;

interface NamedResult {
  readonly name: string;
  readonly result: ToolResult;
}

/** A result, and whether a part of it was left out. */
interface FittedResult extends NamedResult {
  readonly truncated: boolean;
}

/** Shortens results until they fit together: small ones stay whole, large ones share what is left, and each says what it lost. */
export function fitResults(results: readonly NamedResult[], most = largestBatch): readonly FittedResult[] {
  const sizes = results.map(({ result }) => bytesOf(result.content) + bytesOf(result.structuredContent));
  const share = shareOf(sizes, most);
  return results.map(({ name, result }, index) => {
    const size = sizes[index] ?? 0;
    if (size <= share) return { name, result, truncated: false };
    return { name, result: shorten({ name, result }, { size, share }), truncated: true };
  });
}

/** What one may have at most, so that all fit together. */
function shareOf(sizes: readonly number[], most: number): number {
  let left = most;
  for (const [index, size] of sizes.toSorted((one, other) => one - other).entries()) {
    const share = Math.floor(left / (sizes.length - index));
    if (size > share) return share;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

interface Room {
  readonly size: number;
  readonly share: number;
}

function shorten({ name, result }: NamedResult, { size, share }: Room): ToolResult {
  const { structuredContent: _too, ...rest } = result;
  let left = share;
  const content: Content[] = [];
  for (const piece of result.content) {
    const kept = bytesOf(piece) <= left ? piece : cut(piece, left);
    if (kept === undefined) continue;
    content.push(kept);
    left -= bytesOf(kept);
  }
  const lost = size - (share - left);
  const text = `[The batch left out ${String(lost)} of ${String(size)} bytes of this answer. Call ${name} alone to get it whole.]`;
  return { ...rest, content: [...content, { type: 'text', text }] };
}

/** The beginning of a text that fits; nothing of what is no text. */
function cut(piece: Content, bytes: number): Content | undefined {
  if (piece.type !== 'text') return undefined;
  const beginning = (length: number): Content => ({
    ...piece,
    // Never half of a surrogate pair.
    text: piece.text.slice(0, length).replace(/[\uD800-\uDBFF]$/u, ''),
  });
  let fits = 0;
  let tooLong = piece.text.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (bytesOf(beginning(middle)) <= bytes) fits = middle;
    else tooLong = middle;
  }
  return fits === 0 ? undefined : beginning(fits);
}

function bytesOf(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
}
