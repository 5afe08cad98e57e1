import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { RulesPreview } from './preview-rules.ts';
import type { RouteRule } from './route-rules.ts';
import type { ToolShaping } from './shaping-service.ts';
import type { ShapedOperation } from './store-shaping.ts';

type OperationView = ResponseOf<typeof operations.tools.setOverride>;
type RulesView = ResponseOf<typeof operations.tools.getRules>;

/** The routes of overrides and route rules. */
export function shapingRoutes({ shaping }: { readonly shaping: ToolShaping }): readonly Route[] {
  return [
    route(operations.tools.listOperations, async ({ principal, params, query }) => {
      const page = await shaping.operations(principal, params.toolId, query);
      return { ...page, items: page.items.map(presentOperation) };
    }),
    route(operations.tools.setOverride, async ({ principal, params, body }) =>
      presentOperation(await shaping.override(principal, { ...params, override: body })),
    ),
    route(operations.tools.removeOverride, async ({ principal, params }) => {
      await shaping.removeOverride(principal, params);
      return undefined;
    }),
    route(operations.tools.getRules, async ({ principal, params }) =>
      presentRules(await shaping.rules(principal, params.toolId)),
    ),
    route(operations.tools.setRules, async ({ principal, params, body }) =>
      presentRules(await shaping.setRules(principal, params.toolId, body.rules)),
    ),
    route(operations.tools.previewRules, async ({ principal, params, body }) =>
      presentPreview(await shaping.previewRules(principal, params.toolId, body.rules)),
    ),
    route(operations.tools.getOrganizationRules, async ({ principal }) =>
      presentRules(await shaping.rules(principal, null)),
    ),
    route(operations.tools.setOrganizationRules, async ({ principal, body }) =>
      presentRules(await shaping.setRules(principal, null, body.rules)),
    ),
  ];
}

function presentOperation({
  hiddenReason,
  hiddenBy,
  pin,
  override,
  tags,
  ...operation
}: ShapedOperation): OperationView {
  return {
    ...operation,
    tags: [...tags],
    ...(hiddenReason === null ? {} : { hidden: { reason: hiddenReason, by: hiddenBy ?? 'service' } }),
    ...(pin === null ? {} : { pin }),
    ...(override === null ? {} : { override }),
  };
}

function presentRules(rules: readonly RouteRule[]): RulesView {
  return { rules: rules.map((rule) => ({ ...rule }) as RulesView['rules'][number]) };
}

function presentPreview(preview: RulesPreview): ResponseOf<typeof operations.tools.previewRules> {
  return { ...preview, changes: [...preview.changes], unused: [...preview.unused] };
}
