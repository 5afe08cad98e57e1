import type { Clock } from '@devmesh/foundation';
import type { PromptHandlers, ResourceHandlers, ToolHandlers } from '@devmesh/mcp';
import type { PlatformLink } from '../platform/link.ts';
import type { EdgePrincipal } from '../principal.ts';
import type { Feeds } from '../sessions/feeds.ts';
import { findPlatformTool } from '../tools/platform-tools.ts';
import { createCurrency } from './currency.ts';
import { createKeptLists } from './kept-lists.ts';

interface CatalogueOptions {
  readonly feeds: Pick<Feeds, 'join'>;
  readonly link: Pick<PlatformLink, 'downSince'>;
  readonly clock: Clock;
}

type WithTemplates = ResourceHandlers<EdgePrincipal> & Required<Pick<ResourceHandlers<EdgePrincipal>, 'templates'>>;

/** Handlers whose lists are remembered for each principal; everything else passes. */
interface Catalogue {
  tools(handlers: ToolHandlers<EdgePrincipal>): ToolHandlers<EdgePrincipal>;
  resources(handlers: WithTemplates): ResourceHandlers<EdgePrincipal>;
  prompts(handlers: PromptHandlers<EdgePrincipal>): PromptHandlers<EdgePrincipal>;
  close(): Promise<void>;
}

/** Builds the catalogue. */
export function createCatalogue(options: CatalogueOptions): Catalogue {
  const currency = createCurrency(options);
  const lists = createKeptLists({ ...options, currency });
  return {
    tools: (handlers) => ({
      list: lists.of('tools', (session, page, context) => handlers.list(session, page, context)),
      call: async (session, call, context) => {
        try {
          return await handlers.call(session, call, context);
        } finally {
          if (mayChangeLists(call.name)) currency.changed(session.principal);
        }
      },
    }),
    resources: (handlers) => ({
      ...handlers,
      list: lists.of('resources', (session, page, context) => handlers.list(session, page, context)),
      templates: lists.of('templates', (session, page, context) => handlers.templates(session, page, context)),
    }),
    prompts: (handlers) => ({
      ...handlers,
      list: lists.of('prompts', (session, page, context) => handlers.list(session, page, context)),
    }),
    close: () => currency.close(),
  };
}

/** Whether a call is of a tool that changes something of the platform itself. */
function mayChangeLists(name: string): boolean {
  const { readOnlyHint = true, openWorldHint = true } = findPlatformTool(name)?.annotations ?? {};
  return !readOnlyHint && !openWorldHint;
}
