import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { OperationRow } from '../store.ts';
import type { FoundTool } from './finder.ts';
import type { ToolFinding } from './service.ts';

type ToolView = ResponseOf<typeof operations.tools.listPinnedTools>['items'][number];
type FoundView = ResponseOf<typeof operations.tools.searchTools>['items'][number];

/** The routes of finding. */
export function findingRoutes({ finding }: { readonly finding: ToolFinding }): readonly Route[] {
  return [
    route(operations.tools.searchTools, async ({ principal, query }) => {
      const { state, items } = await finding.search(principal, { ...query, query: query.q });
      return { state, items: items.map(presentFound) };
    }),
    route(operations.tools.listPinnedTools, async ({ principal }) => ({
      items: (await finding.pinned(principal)).map(presentTool),
    })),
    route(operations.tools.pinTool, async ({ principal, params }) => {
      await finding.pins.pin(principal, params.name);
      return undefined;
    }),
    route(operations.tools.unpinTool, async ({ principal, params }) => {
      await finding.pins.unpin(principal, params.name);
      return undefined;
    }),
    route(operations.tools.describeTool, async ({ principal, params }) => {
      const [row, pins] = await Promise.all([finding.describe(principal, params.name), finding.pins.list(principal)]);
      return { ...presentTool(row), pinned: pins.includes(row.name) };
    }),
  ];
}

function presentTool(row: OperationRow): ToolView {
  const { name, title, description, service, inputSchema, outputSchema, annotations } = row;
  const schemas = { inputSchema, ...(outputSchema === null ? {} : { outputSchema }) };
  return { name, title, description, service, ...schemas, annotations };
}

const longestDescription = 300;

function presentFound({ row, score, why }: FoundTool): FoundView {
  const { name, title, description, service } = row;
  const { matched, readAs, action, parts } = why;
  const { meaning, ...others } = parts;
  return {
    name,
    title,
    description: description.slice(0, longestDescription),
    service,
    score: rounded(score),
    why: {
      matched: matched.map((match) => ({ ...match })),
      readAs: [...readAs],
      ...(action === undefined ? {} : { action }),
      parts: {
        words: rounded(others.words),
        coverage: rounded(others.coverage),
        action: others.action,
        focus: rounded(others.focus),
        ...(meaning === undefined ? {} : { meaning: rounded(meaning) }),
      },
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
