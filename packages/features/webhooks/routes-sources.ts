import { basePath, operations, type ResponseOf } from '@devmesh/api';
import type { MeshError } from '@devmesh/foundation';
import { problemResponse, rateLimitHeaders, type Verdict } from '@devmesh/infrastructure';
import { route, type Route } from '../routing.ts';
import type { Webhooks } from './service.ts';
import type { SourceWithSecret } from './sources.ts';
import type { SourceRow } from './store-sources.ts';

/** The routes of sources, and the one that takes webhooks in. */
export function sourceRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly Route[] {
  return [
    route(operations.webhooks.createSource, async ({ principal, body, remember }) =>
      presentSecret(
        await webhooks.createSource(principal, body, (tx, created) => remember(tx, presentSecret(created))),
      ),
    ),
    route(operations.webhooks.listSources, async ({ principal, query }) => {
      const page = await webhooks.listSources(principal, query);
      return { ...page, items: page.items.map(presentSource) };
    }),
    route(operations.webhooks.getSource, async ({ principal, params }) =>
      presentSource(await webhooks.getSource(principal, params.sourceId)),
    ),
    route(operations.webhooks.updateSource, async ({ principal, params, body }) =>
      presentSource(await webhooks.updateSource(principal, params.sourceId, body)),
    ),
    route(operations.webhooks.deleteSource, async ({ principal, params }) => {
      await webhooks.deleteSource(principal, params.sourceId);
      return undefined;
    }),
    route(operations.webhooks.rotateSecret, async ({ principal, params, body, remember }) =>
      presentSecret(
        await webhooks.rotateSecret(principal, params.sourceId, {
          ...body,
          commit: (tx, rotated) => remember(tx, presentSecret(rotated)),
        }),
      ),
    ),
    route(operations.webhooks.revokePreviousSecret, async ({ principal, params }) =>
      presentSource(await webhooks.revokePreviousSecret(principal, params.sourceId)),
    ),
    route(operations.webhooks.receive, async ({ params, request, rawBody }) => {
      const answer = await webhooks.answer(params.sourceId, { headers: request.headers, rawBody });
      if ('eventId' in answer) return answer;
      return 'handshake' in answer ? Response.json(answer.handshake) : refused(answer.refusal, answer.limited);
    }),
  ];
}

function refused(refusal: MeshError, { policies }: Verdict): Response {
  const response = problemResponse(refusal);
  for (const [name, value] of Object.entries(rateLimitHeaders(policies))) response.headers.set(name, value);
  return response;
}

type PresentedSource = ResponseOf<typeof operations.webhooks.getSource>;

function presentSecret({ source, secret }: SourceWithSecret): ResponseOf<typeof operations.webhooks.createSource> {
  return { source: presentSource(source), secret: secret.open() };
}

function presentSource(row: SourceRow): PresentedSource {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    settings: row.settings,
    path: `${basePath}/webhooks/${row.id}`,
    toleranceSeconds: row.toleranceSeconds,
    enabled: row.enabled,
    requestsPerMinute: row.requestsPerMinute,
    maximumBodyBytes: row.maximumBodyBytes,
    ...(row.previousSecretUntil === null ? {} : { previousSecretUntil: row.previousSecretUntil.toISOString() }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
