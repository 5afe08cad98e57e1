import type { operations, ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { GetPromptResult, ReadResourceResult } from '@modelcontextprotocol/client';
import { storable } from '../reading/storable.ts';
import { cleanText } from './clean-text.ts';
import { presentContent, scrubAll, type Provenance } from './present-result.ts';

export type ResourceView = ResponseOf<typeof operations.upstreams.readResource>;
export type PromptView = ResponseOf<typeof operations.upstreams.getPrompt>;

/** Bytes of a resource: one that is cut in two says something else, so it is whole or not there. */
const largestResource = 12 * 1024 * 1024;
const mostContents = 200;
const mostMessages = 200;

/** A resource as its server gave it, under addresses that can be read here. */
export function presentResource(
  { contents }: ReadResourceResult,
  { uriOf, traces }: Provenance,
): Pick<ResourceView, 'contents'> {
  if (contents.length > mostContents || Buffer.byteLength(JSON.stringify(contents)) > largestResource) {
    throw new MeshError('too_large', `The resource has more than ${String(largestResource)} bytes.`);
  }
  return {
    contents: contents.map((content) => {
      const { uri, ...rest } = scrubAll(storable(content), traces) as typeof content;
      return { ...rest, uri: uriOf(uri) };
    }),
  };
}

/** A filled-in prompt as its server gave it. */
export function presentPrompt(
  { description, messages }: GetPromptResult,
  provenance: Provenance,
): Omit<PromptView, 'inputRequired'> {
  return {
    ...(description === undefined ? {} : { description: cleanText(description, 4_000) }),
    messages: messages.slice(0, mostMessages).flatMap(({ role, content }) => {
      const { pieces } = presentContent([content], provenance);
      return pieces.map((piece) => ({ role, content: piece }));
    }),
  };
}
