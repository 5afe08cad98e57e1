import { operations } from '@devmesh/api';
import type { CompletionHandlers, PromptHandlers, PromptResult } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { inputOf, requiredBy } from './input.ts';
import { shows } from './resources.ts';
import { untrusted } from './untrusted.ts';
import { toolPrefixOf } from './upstream-uris.ts';

const pageSize = 200;

/** Answers the prompt methods with the prompts of MCP servers behind the platform. */
export const upstreamPrompts: PromptHandlers<EdgePrincipal> = {
  list: async ({ principal }, { cursor }, { signal }) => {
    if (!(await shows(principal, operations.upstreams.listPrompts.id, signal))) return { prompts: [] };
    const page = await principal.client.upstreams.listPrompts(
      { query: { cursor, limit: pageSize, set: principal.set } },
      { signal },
    );
    return { prompts: page.items, nextCursor: page.nextCursor };
  },
  get: async (session, { name, arguments: values }, context) => {
    const { client, upstream, set } = session.principal;
    const headers = upstream.headersFor(name, set !== undefined);
    const prompt = await client.upstreams.getPrompt(
      { params: { name }, body: { arguments: { ...values }, set, input: inputOf(session, context) } },
      { signal: context.signal, headers },
    );
    return requiredBy(prompt) ?? { ...(prompt as unknown as PromptResult), _meta: untrusted({ prompt: name }) };
  },
};

/** Answers `completion/complete` for prompts and templates of MCP servers behind the platform. */
export const upstreamCompletions: CompletionHandlers<EdgePrincipal> = {
  complete: async ({ principal }, { ref, argument, context }, { signal }) => {
    const { client, upstream, set } = principal;
    const prefix = ref.type === 'ref/prompt' ? ref.name : toolPrefixOf(ref.uri);
    const headers = upstream.headersFor(prefix, set !== undefined);
    const given = context?.arguments === undefined ? {} : { context: { arguments: { ...context.arguments } } };
    return client.upstreams.complete({ body: { set, ref, argument, ...given } }, { signal, headers });
  },
};
