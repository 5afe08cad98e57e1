import { toolContent, type ToolContent } from '@devmesh/api';
import { scrub } from '../credentials/credential.ts';
import { largestText, type CallResult } from '../calling/present-answer.ts';
import { isObject } from '../reading/json-value.ts';
import { storable } from '../reading/storable.ts';

/** Where a result comes from, and what must not show in it. */
export interface Provenance {
  /** What an address of its server is called here. */
  readonly uriOf: (uri: string) => string;
  readonly traces: readonly string[];
}

interface UpstreamResult {
  readonly content?: readonly unknown[] | undefined;
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** Characters of base64 that a result holds, all pieces together. */
const largestBinary = 8 * 1024 * 1024;
const mostPieces = 500;

/** A server's result as it came, but for the credential, for addresses, which are made readable here, and within bounds. */
export function presentResult(result: UpstreamResult, provenance: Provenance): CallResult {
  const { pieces, truncated } = presentContent(result.content ?? [], provenance);
  const structured = structuredOf(result.structuredContent, provenance);
  const note = '\n[A part of the answer was too large and was left out here.]';
  const content: ToolContent[] = truncated || structured.left ? [...pieces, { type: 'text', text: note }] : [...pieces];
  return {
    isError: result.isError === true,
    content,
    ...(structured.value === undefined ? {} : { structured: structured.value }),
    truncated: truncated || structured.left,
  };
}

/** Pieces of content within bounds; pieces of kinds that nobody knows are shown as what they are. */
export function presentContent(
  content: readonly unknown[],
  provenance: Provenance,
): { readonly pieces: readonly ToolContent[]; readonly truncated: boolean } {
  const budget = { text: largestText, binary: largestBinary };
  const pieces: ToolContent[] = [];
  let truncated = content.length > mostPieces;
  for (const piece of content.slice(0, mostPieces)) {
    const presented = presentPiece(piece, provenance);
    const cost = costOf(presented);
    const cut = cost.text > budget.text && presented.type === 'text' ? cutText(presented, budget.text) : presented;
    if (cost.binary > budget.binary || (cost.text > budget.text && cut === presented)) truncated = true;
    else {
      if (cut !== presented) truncated = true;
      pieces.push(cut);
      budget.text -= Math.min(cost.text, budget.text);
      budget.binary -= cost.binary;
    }
  }
  return { pieces, truncated };
}

function presentPiece(piece: unknown, { uriOf, traces }: Provenance): ToolContent {
  const clean = withUris(scrubAll(storable(piece), traces), uriOf);
  const parsed = toolContent.safeParse(clean);
  return parsed.success ? parsed.data : { type: 'text', text: JSON.stringify(clean) ?? '' };
}

function withUris(piece: unknown, uriOf: Provenance['uriOf']): unknown {
  if (!isObject(piece)) return piece;
  if (piece['type'] === 'resource_link' && typeof piece['uri'] === 'string') {
    return { ...piece, uri: uriOf(piece['uri']) };
  }
  const { resource } = piece;
  if (piece['type'] !== 'resource' || !isObject(resource) || typeof resource['uri'] !== 'string') return piece;
  return { ...piece, resource: { ...resource, uri: uriOf(resource['uri']) } };
}

function costOf(piece: ToolContent): { readonly text: number; readonly binary: number } {
  if (piece.type === 'text') return { text: Buffer.byteLength(piece.text), binary: 0 };
  if (piece.type === 'image' || piece.type === 'audio') return { text: 0, binary: piece.data.length };
  if (piece.type === 'resource_link') return { text: Buffer.byteLength(JSON.stringify(piece)), binary: 0 };
  const { text = '', blob = '' } = piece.resource;
  return { text: Buffer.byteLength(text), binary: blob.length };
}

function cutText(piece: Extract<ToolContent, { type: 'text' }>, bytes: number): ToolContent {
  const cut = new TextDecoder().decode(Buffer.from(piece.text).subarray(0, bytes)).replace(/\uFFFD$/u, '');
  return { ...piece, text: cut };
}

function structuredOf(
  value: unknown,
  { traces }: Provenance,
): { readonly value?: Record<string, unknown>; readonly left: boolean } {
  if (!isObject(value)) return { left: false };
  const clean = scrubAll(storable(value), traces) as Record<string, unknown>;
  return Buffer.byteLength(JSON.stringify(clean)) > largestText ? { left: true } : { value: clean, left: false };
}

/** The value without any trace of a credential in its texts. */
export function scrubAll(value: unknown, traces: readonly string[]): unknown {
  if (traces.length === 0) return value;
  if (typeof value === 'string') return scrub(value, traces);
  if (Array.isArray(value)) return value.map((item) => scrubAll(item, traces));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [scrub(key, traces), scrubAll(part, traces)]));
}
