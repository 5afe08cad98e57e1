import type { GuardedResponse } from '@devmesh/infrastructure';
import { isObject, objectOf, textOf, type Loose } from '../reading/json-value.ts';

/** An MCP server as it says who it is, or that it wants to know who asks. */
export interface FoundMcp {
  readonly title: string;
  readonly version: string | undefined;
  readonly note: string | undefined;
  /** A session that it has opened for the question. */
  readonly sessionId: string | undefined;
}

/** The request by which an MCP server is known: the first one of every client. */
export const initializeRequest = {
  method: 'POST',
  headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'developer-mesh', version: '1' },
    },
  }),
} as const;

/** Reads the answer to the first request; undefined where no MCP server gave it. */
export function mcpServerOf(response: GuardedResponse): FoundMcp | undefined {
  const { status, headers } = response;
  const sessionId = headers.get('mcp-session-id') ?? undefined;
  const challenge = headers.get('www-authenticate') ?? '';
  if (status === 401 && /resource_metadata\s*=/iu.test(challenge)) {
    return { title: unnamed, version: undefined, note: 'It wants a credential.', sessionId };
  }
  const message = [...messagesIn(response.text())].find((candidate) => candidate['jsonrpc'] === '2.0');
  const server = message === undefined ? undefined : (initialized(message) ?? refusing(message));
  return server === undefined ? undefined : { ...server, sessionId };
}

const unnamed = 'MCP server';

type Told = Omit<FoundMcp, 'sessionId'>;

function initialized(message: Loose): Told | undefined {
  const result = objectOf(message['result']);
  if (textOf(result['protocolVersion']) === undefined || !isObject(result['capabilities'])) return undefined;
  const server = objectOf(result['serverInfo']);
  const title = (textOf(server['title']) ?? textOf(server['name']) ?? unnamed).slice(0, 200);
  return { title, version: textOf(server['version'])?.slice(0, 100), note: undefined };
}

/** Servers of later revisions refuse `initialize` and name what they speak. */
function refusing(message: Loose): Told | undefined {
  const error = objectOf(message['error']);
  if (!Array.isArray(objectOf(error['data'])['supported'])) return undefined;
  return { title: unnamed, version: undefined, note: textOf(error['message'])?.slice(0, 300) };
}

/** JSON, or the data of server-sent events. */
function* messagesIn(text: string): Generator<Loose, void, undefined> {
  const bounded = text.slice(0, 200_000);
  const events = bounded.split(/\r?\n/u).flatMap((line) => (line.startsWith('data:') ? [line.slice(5)] : []));
  for (const candidate of [bounded, ...events]) {
    try {
      const parsed = JSON.parse(candidate) as unknown;
      if (isObject(parsed)) yield parsed;
    } catch {
      // Most answers are no messages; that nothing was found is what the caller tells.
    }
  }
}
