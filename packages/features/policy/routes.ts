import { allOperations, operations, type ResponseOf } from '@devmesh/api';
import type { Principal } from '../identity/index.ts';
import { route, type Route } from '../routing.ts';
import { cedarSchema, examplePolicies } from './cedar-schema.ts';
import type { PolicyCheck } from './check.ts';
import { explain, type PrincipalDirectory, type ToolDirectory } from './explain.ts';
import type { Policy } from './service.ts';
import type { PolicyVersion } from './store.ts';

interface PolicyRoutesOptions {
  readonly policy: Policy;
  readonly tools: { readonly directory: ToolDirectory };
  readonly identity: PrincipalDirectory;
}

type VersionView = ResponseOf<typeof operations.policy.get>;

/** The routes of policies. */
export function policyRoutes({ policy, tools, identity }: PolicyRoutesOptions): readonly Route[] {
  return [
    route(operations.policy.get, async ({ principal }) => {
      const version = await policy.current(principal.tenantId);
      return version === undefined ? { revision: 0, text: '', tests: [] } : presentVersion(version);
    }),
    route(operations.policy.schema, async () => ({ schema: cedarSchema, example: examplePolicies })),
    route(operations.policy.set, async ({ principal, body }) =>
      presentVersion(await policy.set(principal, { ...body, calls: [] })),
    ),
    route(operations.policy.check, async ({ principal, body }) =>
      presentCheck(await policy.check(principal.tenantId, body)),
    ),
    route(operations.policy.history, async ({ principal, query }) => {
      const page = await policy.history(principal.tenantId, query);
      return { ...page, items: page.items.map(presentVersion) };
    }),
    route(operations.policy.explain, ({ principal, body }) =>
      explain({ policy, tools: tools.directory, identity }, principal, body),
    ),
    route(operations.policy.allowed, async ({ principal }) => ({
      operations: await allowedOperations(policy, principal),
    })),
  ];
}

async function allowedOperations(policy: Policy, principal: Principal): Promise<string[]> {
  const allowed = await policy.filter(principal, allOperations, (operation) => ({
    resource: { kind: 'operation', operation },
  }));
  return allowed.map(({ id }) => id);
}

function presentVersion({ revision, text, tests, comment, changedBy, changedAt }: PolicyVersion): VersionView {
  return { revision, text, tests: [...tests], changedBy, changedAt, ...(comment === null ? {} : { comment }) };
}

function presentCheck({ valid, issues, tests, changes }: PolicyCheck): ResponseOf<typeof operations.policy.check> {
  return { valid, issues: [...issues], tests: [...tests], changes: [...changes] };
}
