import { hostname } from 'node:os';
import { createClient, type Fetch } from '@devmesh/api';
import { MeshError, systemClock, version, type Clock, type Readiness, type Telemetry } from '@devmesh/foundation';
import {
  createHttpService,
  problemResponse,
  readinessResponse,
  type HttpService,
  type TlsFiles,
} from '@devmesh/infrastructure/process';
import { createMcpEndpoint, createStreamableHttpTransport, createWebSocketTransport } from '@devmesh/mcp';
import { createAuthentication } from './authentication.ts';
import { resourceHandlers } from './resources/handlers.ts';
import { createSessions } from './sessions/sessions.ts';
import { toolHandlers } from './tools/handlers.ts';

interface EdgeOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
  /** Host names that it answers for. */
  readonly allowedHosts?: readonly string[];
  /** Origin of the platform's API. */
  readonly platformUrl: string;
  /** The network's fetch, or the API itself when it lives in this process. */
  readonly fetch?: Fetch;
  /** Values of `Origin` that browsers may connect from. */
  readonly allowedOrigins: readonly string[];
  /** How people recognize this gateway in the list of sessions; by default the name of its host. */
  readonly gateway?: string;
  /** Seconds that it goes on serving after it was told to stop. Default 0. */
  readonly drainSeconds?: number;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

const instructions =
  "Developer Mesh gives you your organization's DevOps tools, its tasks and its code search. " +
  'Tools of the platform are named devmesh…; the others belong to imported services. ' +
  'When an agent key is used, tasks arrive as notifications; finish each with devmesh task complete and its fence.';

const drainMilliseconds = 5_000;

/** The MCP gateway: WebSocket at /ws, Streamable HTTP at /mcp. It knows the platform only by its API, under each caller's own key. */
export function createEdge(options: EdgeOptions): HttpService {
  const { telemetry, host, port, platformUrl, allowedOrigins, clock = systemClock } = options;
  const platformFetch = options.fetch ?? fetch;
  const authentication = createAuthentication({ platformUrl, fetch: platformFetch, tracer: telemetry.tracer });
  const sessions = createSessions({ clock, log: telemetry.log, gateway: options.gateway ?? hostname() });
  const endpoint = createMcpEndpoint({
    info: { name: 'developer-mesh', title: 'Developer Mesh', version },
    instructions,
    telemetry,
    handlers: { tools: toolHandlers, resources: resourceHandlers, ...sessions },
  });
  const shared = { endpoint, telemetry, allowedOrigins };
  const overHttp = createStreamableHttpTransport({
    ...shared,
    clock,
    authenticate: (request) => authentication.authenticate(request.headers.get('authorization') ?? undefined),
    ownerOf: (principal) => principal.identity.keyId,
  });
  const overWebSocket = createWebSocketTransport({
    ...shared,
    authenticate: (request) => authentication.authenticate(request.headers.authorization),
  });
  const platform = createClient({ baseUrl: platformUrl, fetch: platformFetch });
  const server: HttpService = createHttpService({
    name: 'edge-mcp',
    host,
    port,
    tls: options.tls,
    allowedHosts: options.allowedHosts ?? [],
    telemetry,
    drainSeconds: options.drainSeconds ?? 0,
    fetch: (request) =>
      answer(request, {
        mcp: (mcp) => overHttp.handle(mcp),
        health: () => platform.system.health(),
        ready: () => server.ready(),
      }),
    onUpgrade: (request, socket, head) => {
      overWebSocket.handleUpgrade(request, socket, head);
    },
  });
  return {
    ...server,
    stop: async () => {
      await Promise.all([overWebSocket.drain(drainMilliseconds), overHttp.drain(drainMilliseconds)]);
      await server.stop();
    },
  };
}

interface Answers {
  readonly mcp: (request: Request) => Promise<Response>;
  readonly health: () => Promise<unknown>;
  readonly ready: () => Promise<Readiness>;
}

async function answer(request: Request, { mcp, health, ready }: Answers): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/mcp') return mcp(request);
  if (pathname === '/health') return Response.json({ name: 'edge-mcp', platform: await health() });
  if (pathname === '/ready') return readinessResponse(await ready());
  const ways = 'MCP is at /mcp (Streamable HTTP) and /ws (WebSocket, sub-protocol mcp).';
  return problemResponse(new MeshError('not_found', `Nothing answers ${pathname}. ${ways}`));
}
