import type { DirectCall, Perform } from '@devmesh/api';
import { requireSameOrigin, type Features, type Route } from '@devmesh/features';
import { MeshError, type Telemetry } from '@devmesh/foundation';
import { createHttpService, type HttpService, type Platform, type TlsFiles } from '@devmesh/infrastructure';
import { createApp } from './app.ts';
import { personOf } from './oauth/person.ts';
import { createOAuthRoutes } from './oauth/routes.ts';
import { fromCall } from './incoming.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { createStaticFiles } from './static-files.ts';

interface RestApiOptions {
  readonly platform: Platform;
  readonly features: Features;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
  readonly allowedHosts?: readonly string[];
  /** The folder of the built console. */
  readonly consoleFolder: string;
}

/** The REST API: a service that listens, and the same application as functions for callers in this process. */
export type RestApi = HttpService & {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly perform: Perform;
};

/** Builds the REST API over every feature's routes. */
export function createRestApi(options: RestApiOptions): RestApi {
  const { platform, features } = options;
  const telemetry: Telemetry = platform.telemetry;
  const pipeline = createPipeline({
    database: platform.database,
    identity: features.identity,
    signIns: features.signIns,
    signIn: features.signIn,
    audit: features.audit,
    idempotency: features.idempotency,
    limits: features.limits,
    policy: features.policy,
    telemetry,
  });
  const fetch = createApp({
    routes: features.routes,
    answer: (route, incoming) => pipeline.answer(route, incoming),
    oauth: createOAuthRoutes({
      authorization: features.authorization,
      clientAddress: features.signIn.clientAddress,
      person: (request) => personOf(features, request),
      requireSameOrigin: (request) => {
        requireSameOrigin(request, features.publicUrl.url());
      },
    }),
    keySet: () => features.signIns.keySet(),
    metricsText: () => platform.metricsText(),
    console: createStaticFiles(options.consoleFolder),
    ready: () => service.ready(),
  });
  const { host, port, tls, allowedHosts = [] } = options;
  const drainSeconds = platform.config.DRAIN_SECONDS;
  const listener = { host, port, tls, allowedHosts, publishedAt: features.publicUrl.url() };
  const service: HttpService = createHttpService({ name: 'rest-api', ...listener, fetch, telemetry, drainSeconds });
  const start = async (): Promise<void> => {
    await service.start();
    features.publicUrl.listensAt(service.address().url);
  };
  return { ...service, start, fetch, perform: performerOf(features.routes, pipeline) };
}

function performerOf(routes: readonly Route[], pipeline: Pipeline): Perform {
  const byId = new Map(routes.map((route) => [route.operation.id, route]));
  return async (call: DirectCall) => {
    const route = byId.get(call.operation.id);
    if (route === undefined) throw new MeshError('not_found', `There is no operation ${call.operation.id}.`);
    return pipeline.perform(route, fromCall(call));
  };
}
