import { operations } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { CompletionHandlers, PromptHandlers, PromptResult } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { shows } from './resources.ts';
import { toolPrefixOf } from './upstream-uris.ts';

const pageSize = 200;

/** Answers the prompt methods with the prompts of MCP servers behind the platform. */
export const upstreamPrompts: PromptHandlers<EdgePrincipal> = {
  list: async ({ principal }, { cursor }, { signal }) => {
    if (!(await shows(principal, operations.upstreams.listPrompts.id, signal))) return { prompts: [] };
    const page = await principal.client.upstreams.listPrompts({ query: { cursor, limit: pageSize } }, { signal });
    return { prompts: page.items, nextCursor: page.nextCursor };
  },
  get: async ({ principal }, { name, arguments: values }, { signal }) => {
    const { client, upstream, set } = principal;
    if (set !== undefined) throw new MeshError('not_found', `There is no prompt ${name}.`);
    const headers = upstream.headersFor(name);
    const prompt = await client.upstreams.getPrompt(
      { params: { name }, body: { arguments: { ...values } } },
      { signal, headers },
    );
    return prompt as unknown as PromptResult;
  },
};

/** Answers `completion/complete` for prompts and templates of MCP servers behind the platform. */
export const upstreamCompletions: CompletionHandlers<EdgePrincipal> = {
  complete: async ({ principal }, { ref, argument, context }, { signal }) => {
    const { client, upstream } = principal;
    const headers = upstream.headersFor(ref.type === 'ref/prompt' ? ref.name : toolPrefixOf(ref.uri));
    const given = context?.arguments === undefined ? {} : { context: { arguments: { ...context.arguments } } };
    return client.upstreams.complete({ body: { ref, argument, ...given } }, { signal, headers });
  },
};
