import { hostname } from 'node:os';
import { createClient, gatewayPaths, type Fetch, type GatewayPath, type Perform } from '@devmesh/api';
import { MeshError, systemClock, version, type Clock, type Readiness, type Telemetry } from '@devmesh/foundation';
import {
  createHttpService,
  problemResponse,
  readinessResponse,
  type HttpService,
  type TlsFiles,
} from '@devmesh/infrastructure/process';
import { createMcpEndpoint, type McpHandlers } from '@devmesh/mcp';
import { createAuthentication } from './authentication.ts';
import { createCatalogue } from './catalogue/catalogue.ts';
import type { CommandRunner } from './commands/command-runner.ts';
import { withCommands } from './commands/tools.ts';
import { createOrigins, createResources, reachedBy, type Resources } from './authorization/resources.ts';
import { readEndpointPath } from './endpoint-path.ts';
import type { TransportLimits } from './limits.ts';
import { createPlatformLink } from './platform/link.ts';
import type { EdgePrincipal } from './principal.ts';
import { withOwnCompletions, withOwnPrompts } from './prompts.ts';
import { upstreamCompletions, upstreamPrompts } from './relay/prompts.ts';
import { withUpstreamResources } from './relay/resources.ts';
import { createResourceHandlers } from './resources/handlers.ts';
import { createFeeds } from './sessions/feeds.ts';
import { taskAssigned, tellEverythingChanged, tellHealth } from './sessions/notifications.ts';
import { createSessions } from './sessions/sessions.ts';
import { toolHandlers } from './tools/handlers.ts';
import { createHttpTransport, createUpgradeTransport } from './transports.ts';

export { commandsConfigShape, openCommands } from './commands/config.ts';
export { limitsConfigShape, limitsOf } from './limits.ts';

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
  /** The API's own way to take calls without a request, when it lives in this process. */
  readonly perform?: Perform;
  /** Values of `Origin` that browsers may connect from. */
  readonly allowedOrigins: readonly string[];
  /** How people recognize this gateway in the list of sessions; by default the name of its host. */
  readonly gateway?: string;
  readonly oauth?: EdgeOAuth;
  readonly limits?: TransportLimits;
  /** What runs commands on this host; absent: nothing does. */
  readonly commands?: CommandRunner | undefined;
  /** Seconds that it goes on serving after it was told to stop. Default 0. */
  readonly drainSeconds?: number;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

/** What the gateway knows of OAuth; absent, it takes keys only. */
interface EdgeOAuth {
  /** The endpoints whose clients are told to use it. */
  readonly paths: readonly GatewayPath[];
  /** Where clients reach the gateway; absent: where it listens. */
  readonly publicUrl: string | undefined;
  /** The issuer of access tokens. */
  readonly authorizationServer: () => string;
}

const instructions =
  "Developer Mesh gives you your organization's DevOps tools, its tasks and its code search. " +
  'Tools of the platform are named devmesh…; the others belong to imported services. ' +
  'When an agent key is used, tasks arrive as notifications; finish each with devmesh task complete and its fence.';

const drainMilliseconds = 5_000;

/** The MCP gateway: WebSocket at /ws, Streamable HTTP at /mcp and /mcp/oauth. It knows the platform only by its API, under each caller's own credential. */
export function createEdge(options: EdgeOptions): HttpService {
  const { telemetry, host, port, platformUrl, clock = systemClock } = options;
  const { link, authentication, feeds, handlers, close } = openPlatformSide(options, clock);
  const endpoint = createMcpEndpoint({
    info: { name: 'developer-mesh', title: 'Developer Mesh', version },
    instructions,
    telemetry,
    ownerOf: (principal) => principal.identity.keyId,
    ownNotifications: { 'devmesh/taskAssigned': taskAssigned },
    handlers,
  });
  link.onChange((down) => {
    feeds.reconnect();
    for (const session of endpoint.sessions) (down ? tellHealth : tellEverythingChanged)(session);
  });
  const resources = createResources({
    paths: options.oauth?.paths ?? [],
    origins: createOrigins(() => options.oauth?.publicUrl ?? server.address().url),
    authorizationServer: () => options.oauth?.authorizationServer(),
  });
  const { allowedOrigins } = options;
  const parts = { telemetry, allowedOrigins, clock, endpoint, authentication, resources };
  const overHttp = createHttpTransport({ ...parts, ...options.limits?.http });
  const overWebSocket = createUpgradeTransport({ ...parts, ...options.limits?.webSocket });
  const platform = createClient({ baseUrl: platformUrl, fetch: link.fetch });
  const server: HttpService = createHttpService({
    name: 'edge-mcp',
    host,
    port,
    tls: options.tls,
    allowedHosts: options.allowedHosts ?? [],
    ...(options.oauth?.publicUrl === undefined ? {} : { publishedAt: options.oauth.publicUrl }),
    telemetry,
    drainSeconds: options.drainSeconds ?? 0,
    fetch: (request) =>
      answer(request, {
        mcp: (mcp) => overHttp.handle(mcp),
        metadata: (reached) => resources.metadata(reached),
        health: () => platform.system.health(),
        commands: options.commands,
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
      await close();
    },
  };
}

/** What the gateway has of the platform: the way there, who presents which key, and what the platform answers of lists and calls. */
function openPlatformSide(options: EdgeOptions, clock: Clock) {
  const { platformUrl, telemetry, commands: runner, gateway = hostname() } = options;
  const { log, tracer } = telemetry;
  const link = createPlatformLink({
    platformUrl,
    fetch: options.fetch ?? fetch,
    perform: options.perform,
    clock,
    log,
  });
  const authentication = createAuthentication({ platformUrl, fetch: link.fetch, perform: link.perform, tracer, clock });
  const feeds = createFeeds({ clock, log, onRefused: (keyId) => authentication.forget(keyId) });
  const sessions = createSessions({ clock, log, gateway, feeds });
  const catalogue = createCatalogue({ feeds, link, clock });
  const handlers: McpHandlers<EdgePrincipal> = {
    tools: catalogue.tools(withCommands(toolHandlers, { runner, gateway, log })),
    resources: catalogue.resources(withUpstreamResources(createResourceHandlers({ link, clock }))),
    prompts: catalogue.prompts(withOwnPrompts(upstreamPrompts)),
    completions: withOwnCompletions(upstreamCompletions),
    ...sessions,
  };
  const close = (): Promise<void> => {
    link.close();
    return catalogue.close();
  };
  return { link, authentication, feeds, handlers, close };
}

interface Answers {
  readonly mcp: (request: Request) => Promise<Response>;
  readonly metadata: Resources['metadata'];
  readonly health: () => Promise<unknown>;
  readonly commands: CommandRunner | undefined;
  readonly ready: () => Promise<Readiness>;
}

const httpPaths: ReadonlySet<string> = new Set(gatewayPaths.filter((path) => path !== '/ws'));

async function answer(request: Request, { mcp, metadata, health, commands, ready }: Answers): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (httpPaths.has(readEndpointPath(pathname).path)) return mcp(request);
  const document = metadata(reachedBy(request));
  if (document !== undefined) return Response.json(document, { headers: { 'cache-control': 'public, max-age=300' } });
  if (pathname === '/health')
    return Response.json({ name: 'edge-mcp', platform: await health(), ...healthOf(commands) });
  if (pathname === '/ready') return readinessResponse(await ready());
  const ways =
    'MCP is at /mcp and /mcp/oauth (Streamable HTTP) and /ws (WebSocket, sub-protocol mcp), each with /sets/<name> for a tool set and /meta for the search of tools.';
  return problemResponse(new MeshError('not_found', `Nothing answers ${pathname}. ${ways}`));
}

/** Whoever looks at the health of a gateway sees how well it holds the commands that it runs. */
function healthOf(commands: CommandRunner | undefined): Record<string, unknown> {
  if (commands === undefined) return {};
  const { kind, sentence } = commands.isolation;
  return { commands: { isolation: kind, sentence } };
}
