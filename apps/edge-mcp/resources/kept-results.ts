import { operations } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { ResourceContents } from '@devmesh/mcp';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';
import { resultPageUri, resultTemplate, type KeptResult } from './uris.ts';

/** How results of tools that were too large for an answer are addressed. */
export const resultTemplates = [
  {
    uriTemplate: resultTemplate,
    name: 'results',
    title: 'Results of tools',
    description: 'Large or binary results of your own tool calls, for a day, page by page.',
  },
] as const;

/** One page of a kept result; behind it, where there is more, the address of the next. */
export async function readKeptResult(
  principal: EdgePrincipal,
  { uri, named }: { readonly uri: string; readonly named: KeptResult },
  signal: AbortSignal,
): Promise<readonly ResourceContents[]> {
  if (!(await mayReadResults(principal, signal))) throw new MeshError('not_found', `There is no resource ${uri}.`);
  const { resultId, cursor, select } = named;
  const page = await principal.client.tools.readResult({ params: { resultId }, query: { cursor, select } }, { signal });
  const { mediaType: mimeType, text, base64, nextCursor } = page;
  const content = base64 === undefined ? { uri, mimeType, text: text ?? '' } : { uri, mimeType, blob: base64 };
  if (nextCursor === undefined) return [content];
  const next = resultPageUri(uri, nextCursor);
  return [content, { uri: next, mimeType: 'text/plain', text: `[There is more: read ${next}.]` }];
}

/** Whether results are for this client at all. */
export async function mayReadResults(principal: EdgePrincipal, signal: AbortSignal): Promise<boolean> {
  return (await allowedOperations(principal, signal)).has(operations.tools.readResult.id);
}
