import type { IncomingMessage } from 'node:http';
import type { Clock, Telemetry } from '@devmesh/foundation';
import {
  createStreamableHttpTransport,
  createWebSocketTransport,
  type McpEndpoint,
  type OriginRules,
  type StreamableHttpTransport,
  type WebSocketTransport,
} from '@devmesh/mcp';
import type { Authentication } from './authentication.ts';
import { challengeOf } from './authorization/challenge.ts';
import { reachedBy, type Reached, type Resources } from './authorization/resources.ts';
import { stepUp } from './authorization/step-up.ts';
import { readEndpointPath } from './endpoint-path.ts';
import type { EdgePrincipal } from './principal.ts';
import type { TransportLimits } from './limits.ts';
import { readMode } from './sessions/mode.ts';
import { readNameStyle } from './tools/names.ts';

interface TransportParts extends OriginRules {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly endpoint: McpEndpoint<EdgePrincipal>;
  readonly authentication: Authentication;
  readonly resources: Resources;
}

/** MCP over Streamable HTTP; every path of it is a resource of its own. */
export function createHttpTransport({
  authentication,
  resources,
  ...shared
}: TransportParts & TransportLimits['http']): StreamableHttpTransport {
  return createStreamableHttpTransport({
    ...shared,
    authenticate: (request) => {
      const authorization = request.headers.get('authorization') ?? undefined;
      const resource = resources.of(reachedBy(request));
      const { pathname, searchParams } = new URL(request.url);
      const { set, meta } = readEndpointPath(pathname);
      const shown = readShown(searchParams);
      return authentication.authenticate({ resource, authorization, set, meta, shown, headers: request.headers });
    },
    ownerOf: (principal) => principal.identity.keyId,
    challenge: (request) => {
      const metadataUrl = resources.metadataUrl(reachedBy(request));
      return challengeOf({ metadataUrl, presented: request.headers.has('authorization') });
    },
    admit: (arrival) => {
      arrival.sessionPrincipal.upstream.merge(arrival.principal.upstream);
      return stepUp(arrival, resources.metadataUrl(reachedBy(arrival.request)));
    },
  });
}

/** MCP over WebSocket. A client cannot renew its access token there: it connects again with the next one. */
export function createUpgradeTransport({
  authentication,
  resources,
  ...shared
}: TransportParts & TransportLimits['webSocket']): WebSocketTransport {
  const reached = ({ headers }: IncomingMessage): Reached => ({ path: '/ws', host: headers.host });
  return createWebSocketTransport({
    ...shared,
    authenticate: (request) => {
      const { authorization } = request.headers;
      const headers = Object.entries(request.headersDistinct).map(
        ([name, values]) => [name, values?.join(', ')] as const,
      );
      const [path = '', query] = (request.url ?? '').split('?');
      const { set, meta } = readEndpointPath(path);
      const shown = readShown(new URLSearchParams(query));
      const resource = resources.of(reached(request));
      return authentication.authenticate({ resource, authorization, set, meta, shown, headers });
    },
    ownerOf: (principal) => principal.identity.keyId,
    resumed: (kept, comer) => {
      kept.upstream.merge(comer.upstream);
    },
    challenge: (request) => {
      const metadataUrl = resources.metadataUrl(reached(request));
      return challengeOf({ metadataUrl, presented: request.headers.authorization !== undefined });
    },
  });
}

/** What an address asks for of how things are shown: `?names=` and `?mode=`. */
function readShown(query: URLSearchParams): Pick<EdgePrincipal, 'names' | 'mode'> {
  return { names: readNameStyle(query), mode: readMode(query) };
}
