import { operations, parseUpstreamAuthorization, upstreamAuthorizationHeader, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolRow } from '../store.ts';
import type { UpstreamAddress } from './address.ts';
import type { Asking } from './ask-server.ts';
import type { ShownTool, UpstreamServers } from './service.ts';

type ShownView = ResponseOf<typeof operations.tools.getTool>;

interface UpstreamRoutesOptions {
  readonly upstreams: UpstreamServers;
  readonly presentTool: (tool: ToolRow) => ResponseOf<typeof operations.tools.importTool>['tool'];
}

/** The routes of services that are MCP servers. */
export function upstreamRoutes({ upstreams, presentTool }: UpstreamRoutesOptions): readonly Route[] {
  const { offerings, calls } = upstreams;
  const present = ({ tool, upstream }: ShownTool): ShownView => ({
    ...presentTool(tool),
    ...(upstream === undefined ? {} : { upstream: presentUpstream(upstream) }),
  });
  return [
    route(operations.tools.registerMcp, async ({ principal, body, signal }) =>
      present(
        await upstreams.register(
          principal,
          { name: body.name, address: addressOf(body), credential: body.credential },
          signal,
        ),
      ),
    ),
    route(operations.tools.getTool, async ({ principal, params }) =>
      present(await upstreams.show(principal, params.toolId)),
    ),
    route(operations.upstreams.listResources, ({ principal, query }) => offerings.resources(principal, query)),
    route(operations.upstreams.listTemplates, ({ principal, query }) => offerings.templates(principal, query)),
    route(operations.upstreams.listPrompts, ({ principal, query }) => offerings.prompts(principal, query)),
    route(operations.upstreams.readResource, (call) => offerings.read(askingOf(call), call.body.uri)),
    route(operations.upstreams.getPrompt, (call) =>
      offerings.getPrompt(askingOf(call), { name: call.params.name, arguments: call.body.arguments }),
    ),
    route(operations.upstreams.complete, (call) => offerings.complete(askingOf(call), call.body)),
    route(operations.upstreams.subscribe, async ({ principal, body }) => {
      const { endsAt, uri } = await offerings.subscribe(principal, body);
      return { endsAt: endsAt.toISOString(), uri };
    }),
    route(operations.upstreams.answer, async ({ principal, params, body }) => {
      const { requestId, result, error } = body;
      const answer = error === undefined ? { result: result ?? {} } : { error };
      await calls.answer(principal, { callId: params.callId, requestId }, answer);
      return undefined;
    }),
  ];
}

interface Call extends Pick<Asking, 'principal'> {
  readonly request: Request;
  readonly body: Pick<Asking, 'set' | 'input'>;
  readonly signal: AbortSignal;
}

function askingOf({ principal, request, signal, body }: Call): Asking {
  const header = request.headers.get(upstreamAuthorizationHeader);
  const { set, input } = body;
  return { principal, signal, set, input, handedOver: header === null ? [] : parseUpstreamAuthorization(header) };
}

interface Registration {
  readonly url?: string | undefined;
  readonly transport?: 'http' | 'sse' | undefined;
  readonly command?: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

function addressOf({ url, transport = 'http', command = '', args, env, cwd }: Registration): UpstreamAddress {
  if (url === undefined) return { transport: 'stdio', command, args, cwd, environment: env };
  return { transport: /^wss?:/u.test(url) ? 'websocket' : transport, url };
}

function presentUpstream(upstream: NonNullable<ShownTool['upstream']>): NonNullable<ShownView['upstream']> {
  const { transport, state, reason, protocolVersion, capabilities, instructions, lastSeenAt, refused, findings } =
    upstream;
  return {
    transport,
    state,
    capabilities: { ...capabilities },
    refused: [...refused],
    findings: [...findings],
    ...(reason === null ? {} : { reason }),
    ...(protocolVersion === null ? {} : { protocolVersion }),
    ...(instructions === null ? {} : { instructions }),
    ...(lastSeenAt === null ? {} : { lastSeenAt: lastSeenAt.toISOString() }),
  };
}
