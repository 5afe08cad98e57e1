import { fileURLToPath } from 'node:url';
import { createEdge, limitsOf, openCommands } from '@devmesh/edge-mcp';
import { host, type Features, type Hosted } from '@devmesh/features';
import { listenerOf, type HttpService, type Platform } from '@devmesh/infrastructure';
import { createMockserver, type Mockserver } from '@devmesh/mockserver';
import { createRagLoader } from '@devmesh/rag-loader';
import { createRestApi, type RestApi } from '@devmesh/rest-api';
import { createWorker } from '@devmesh/worker';
import type { MeshConfig } from './config.ts';

const consoleFolder = fileURLToPath(new URL('../console/dist', import.meta.url));

/** All five services in one process, running. */
export interface Mesh extends Hosted {
  /** Origin of the MCP gateway. */
  readonly edgeUrl: string;
  /** Origin of the API and the console. */
  readonly apiUrl: string;
  /** Origin of the mock server. */
  readonly mockUrl: string;
}

/** Starts every service in this process. The gateway reaches the API by a function call instead of a socket. */
export async function startMesh(config: MeshConfig): Promise<Mesh> {
  const commands = await openCommands(config);
  const started: { edge?: HttpService; api?: RestApi; mock?: Mockserver } = {};
  const hosted = await host({
    config: { ...config, OUTBOUND_ALLOW_HOSTS: [...config.OUTBOUND_ALLOW_HOSTS, ...mockHosts(config)] },
    name: 'devmesh',
    whole: true,
    choose: ({ platform, features }) => {
      const mock = (started.mock = createMockserver({
        host: config.HOST,
        port: config.MOCK_PORT,
        log: platform.telemetry.log,
      }));
      const api = (started.api = createRestApi({
        platform,
        features,
        host: config.HOST,
        port: config.API_PORT,
        ...listenerOf(config),
        consoleFolder,
      }));
      const edge = (started.edge = createGateway(config, { platform, features, api, commands }));
      return [mock, createWorker({ features }), createRagLoader({ features }), api, edge];
    },
  });
  const { edge, api, mock } = started;
  if (edge === undefined || api === undefined || mock === undefined) throw new Error('a service was not chosen');
  hosted.features.authorization.resources.listensAt(edge.address().url);
  return { ...hosted, edgeUrl: edge.address().url, apiUrl: api.address().url, mockUrl: mock.url() };
}

interface GatewayParts {
  readonly platform: Platform;
  readonly features: Features;
  readonly api: RestApi;
  readonly commands: Awaited<ReturnType<typeof openCommands>>;
}

function createGateway(config: MeshConfig, { platform, features, api, commands }: GatewayParts): HttpService {
  return createEdge({
    host: config.HOST,
    port: config.EDGE_PORT,
    ...listenerOf(config),
    platformUrl: 'http://rest-api.internal',
    fetch: api.fetch,
    perform: api.perform,
    allowedOrigins: config.ALLOWED_ORIGINS,
    oauth: {
      paths: config.MCP_OAUTH,
      publicUrl: config.MCP_PUBLIC_URL,
      authorizationServer: () => features.publicUrl.url(),
    },
    commands,
    limits: limitsOf(config),
    drainSeconds: config.DRAIN_SECONDS,
    telemetry: platform.telemetry,
    clock: platform.clock,
  });
}

/** Calls may reach the mock server, which lives on a private address; with any free port that is not known beforehand. */
function mockHosts(config: MeshConfig): readonly string[] {
  const port = config.MOCK_PORT === 0 ? '' : `:${String(config.MOCK_PORT)}`;
  return [`127.0.0.1${port}`, `localhost${port}`];
}
