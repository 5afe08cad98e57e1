import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Prompts } from './service.ts';
import type { PromptRow } from './store.ts';

type PromptView = ResponseOf<typeof operations.prompts.putPrompt>;

/** The routes of prompts. */
export function promptRoutes({ prompts }: { readonly prompts: Prompts }): readonly Route[] {
  return [
    route(operations.prompts.listPrompts, async ({ principal, query }) => {
      const page = await prompts.list(principal, query);
      return { ...page, items: page.items.map(presentListed) };
    }),
    route(operations.prompts.getPrompt, async ({ principal, params, query }) => {
      const row = await prompts.get(principal, params.name, query.version);
      return { ...present(row), shown: row.shown };
    }),
    route(operations.prompts.putPrompt, async ({ principal, params, body }) =>
      present(await prompts.put(principal, params.name, body)),
    ),
    route(operations.prompts.listVersions, async ({ principal, params, query }) => {
      const page = await prompts.versions(principal, params.name, query);
      return {
        ...page,
        items: page.items.map(({ version, active, definition: { title }, createdAt }) => ({
          version,
          active,
          ...(title === undefined ? {} : { title }),
          createdAt: createdAt.toISOString(),
        })),
      };
    }),
    route(operations.prompts.activate, async ({ principal, params, body }) =>
      present(await prompts.activate(principal, params.name, body)),
    ),
    route(operations.prompts.deletePrompt, async ({ principal, params }) => {
      await prompts.delete(principal, params.name);
      return undefined;
    }),
    route(operations.prompts.render, ({ principal, params, body }) =>
      prompts.render(principal, params.name, body.arguments),
    ),
    route(operations.prompts.complete, ({ principal, params, body }) =>
      prompts.complete(principal, params.name, body.argument),
    ),
  ];
}

function present({ definition, createdAt, updatedAt, ...row }: PromptRow): PromptView {
  const { name, version, latestVersion } = row;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { ...definition, name, version, latestVersion, ...times };
}

function presentListed(row: PromptRow): Omit<PromptView, 'messages'> {
  const { messages: _written, ...listed } = present(row);
  return listed;
}
