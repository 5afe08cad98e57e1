import type { Clock, Logger } from '@devmesh/foundation';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { createFaults } from './control/faults.ts';
import { injectFaults } from './control/inject.ts';
import { createJournal } from './control/journal.ts';
import { controlRoutes } from './control/routes.ts';
import { openapiDocument } from './devops/document.ts';
import { devopsRoutes } from './devops/routes.ts';
import { seed } from './devops/seed/seed.ts';
import { createWorld } from './devops/state.ts';
import { frontPage } from './front-page.ts';
import type { Mocks } from './openapi/mocks.ts';
import { documentRoutes, mockRoutes } from './openapi/routes.ts';
import { createAuthorizationServers, metadataRoutes, oauthControlRoutes, oauthRoutes } from './oauth/routes.ts';
import { problemResponse } from './problem.ts';
import { createReceivers } from './receiver/receivers.ts';
import { receiverControlRoutes, receiverRoutes } from './receiver/routes.ts';
import { s3Routes } from './s3/routes.ts';
import { secretsManagerRoutes } from './secretsmanager/routes.ts';
import { webhookRoutes } from './webhooks/routes.ts';

interface AppOptions {
  readonly log: Logger;
  readonly clock: Clock;
  readonly token: string;
  readonly webhookHosts: readonly string[];
  readonly stopping: AbortSignal;
  readonly mocks: Mocks;
}

const maximumBodyBytes = 1_048_576;
const rememberedRequests = 200;
const rememberedWebhooks = 20_000;
const webhookTimeoutMilliseconds = 10_000;

/** The whole server as a function from request to response. */
export function createApp({ log, clock, token, webhookHosts, stopping, mocks }: AppOptions): Hono {
  const world = createWorld({ clock, seed });
  const faults = createFaults();
  const journal = createJournal({ clock, capacity: rememberedRequests });
  const receivers = createReceivers({ clock, capacity: rememberedWebhooks });
  const authorizationServers = createAuthorizationServers(clock);
  const app = new Hono();
  const resetWorld = (): void => {
    world.reset();
    receivers.clear();
    authorizationServers.clear();
  };
  // Before the limit of the other bodies: objects and documents may be larger.
  app.route('/s3', s3Routes());
  app.route('/mock/openapi', documentRoutes(mocks));
  app.use(bodyLimit({ maxSize: maximumBodyBytes, onError: tooLarge }));
  app.route('/secretsmanager', secretsManagerRoutes(clock));
  app.route('/_control', controlRoutes({ faults, journal, resetWorld }));
  app.route(
    '/_control/webhooks',
    webhookRoutes({ clock, allowedHosts: webhookHosts, timeoutMilliseconds: webhookTimeoutMilliseconds }),
  );
  app.route('/_control/receivers', receiverControlRoutes(receivers));
  app.route('/_control/oauth', oauthControlRoutes(authorizationServers));
  app.all('/_control/*', (c) => c.notFound());
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/', (c) => {
    const { origin } = new URL(c.req.url);
    return c.html(frontPage({ origin, token, requests: journal.list(), faults: faults.list(), mocks: mocks.list() }));
  });
  app.use(journal.record, injectFaults({ faults, clock, stopping }));
  app.get('/openapi.json', (c) => c.json(openapiDocument(`${new URL(c.req.url).origin}/v1`)));
  app.route('/v1', devopsRoutes(world, token));
  app.route('/mock', mockRoutes(mocks));
  app.route('/receivers', receiverRoutes(receivers));
  app.route('/oauth', oauthRoutes(authorizationServers, clock));
  app.route('/.well-known', metadataRoutes(authorizationServers));
  app.notFound((c) => problemResponse(404, `Nothing answers ${c.req.method} ${c.req.path}; see / for what does.`));
  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse();
    log.error('request failed', error);
    return problemResponse(500, 'This is a defect of the mock server; its log tells more.');
  });
  return app;
}

function tooLarge(): Response {
  return problemResponse(413, `Send at most ${String(maximumBodyBytes)} bytes.`);
}
