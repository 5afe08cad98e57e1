import { operations } from '@devmesh/api';
import type { CompletionHandlers, Prompt, PromptHandlers } from '@devmesh/mcp';
import type { EdgePrincipal } from './principal.ts';
import { shows } from './relay/resources.ts';

/** An organization has no more. */
const mostPrompts = 200;

/** Whether a name is of a prompt of the organization itself; those of MCP servers have an underscore, and a tool set has theirs alone. */
function isOwn(name: string, { set }: EdgePrincipal): boolean {
  return set === undefined && /^[a-z0-9-]+$/u.test(name);
}

/** The prompt methods with what the organization wrote itself: before those of MCP servers. */
export function withOwnPrompts(others: PromptHandlers<EdgePrincipal>): PromptHandlers<EdgePrincipal> {
  return {
    list: async (session, page, context) => {
      const rest = await others.list(session, page, context);
      if (page.cursor !== undefined) return rest;
      const own = await listOwn(session.principal, context.signal);
      return { ...rest, prompts: [...own, ...rest.prompts] };
    },
    get: async (session, asked, context) => {
      const { principal } = session;
      if (!isOwn(asked.name, principal)) return others.get(session, asked, context);
      const params = { name: asked.name };
      return principal.client.prompts.render(
        { params, body: { arguments: { ...asked.arguments } } },
        { signal: context.signal },
      );
    },
  };
}

async function listOwn(principal: EdgePrincipal, signal: AbortSignal): Promise<readonly Prompt[]> {
  if (principal.set !== undefined) return [];
  if (!(await shows(principal, operations.prompts.listPrompts.id, signal))) return [];
  const { items } = await principal.client.prompts.listPrompts({ query: { limit: mostPrompts } }, { signal });
  return items.map(({ name, title, description, arguments: all }) => ({
    name,
    title,
    ...(description === '' ? {} : { description }),
    arguments: all.map(({ values: _proposed, ...argument }) => argument),
  }));
}

/** `completion/complete` with the arguments of those. */
export function withOwnCompletions(others: CompletionHandlers<EdgePrincipal>): CompletionHandlers<EdgePrincipal> {
  return {
    complete: async (session, asked, context) => {
      const { principal } = session;
      const { ref, argument } = asked;
      if (ref.type !== 'ref/prompt' || !isOwn(ref.name, principal)) return others.complete(session, asked, context);
      const input = { params: { name: ref.name }, body: { argument } };
      return { completion: await principal.client.prompts.complete(input, { signal: context.signal }) };
    },
  };
}
