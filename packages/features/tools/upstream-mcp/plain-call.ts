import { MeshError } from '@devmesh/foundation';
import type { Outbound } from '@devmesh/infrastructure';
import { ProtocolError } from '@modelcontextprotocol/client';
import { isObject } from '../reading/json-value.ts';
import { withCredential } from './authorized-fetch.ts';
import { upstreamBounds } from './bounds.ts';
import type { HttpUpstreamSession, UpstreamConnection } from './connection.ts';
import { eventsOf } from './event-messages.ts';
import type { UpstreamTarget } from './target.ts';

interface PlainCall {
  readonly outbound: Pick<Outbound, 'stream'>;
  readonly connection: UpstreamConnection;
  readonly session: HttpUpstreamSession;
  readonly target: UpstreamTarget & { readonly address: { readonly url: string } };
  readonly params: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
  /** How long the server may take to begin its answer. */
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal | undefined;
}

type Message = Readonly<Record<string, unknown>>;
type Answer = Awaited<ReturnType<Outbound['stream']>>;

let calls = 0;

/**
 * Calls a tool in a session over Streamable HTTP with nothing between the call and the wire: most calls are such, and the client
 * of the SDK takes five times as long. For calls that are neither told anything nor asked on the way.
 */
export async function plainCall(call: PlainCall): Promise<Message> {
  calls += 1;
  // Of another form than the client's own.
  const id = `call-${String(calls)}`;
  const cancel = (): void => {
    void call.connection.client
      .notification({ method: 'notifications/cancelled', params: { requestId: id, reason: 'The caller has left.' } })
      .catch(() => undefined);
  };
  call.signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await answerOf(await send(call, id), id, call);
  } finally {
    call.signal?.removeEventListener('abort', cancel);
  }
}

async function send(call: PlainCall, id: string): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: call.params });
  const first = await post(call, body);
  if (first.status !== 401 || !(await call.target.credentials.renew())) return first;
  await first.body.cancel();
  return post(call, body);
}

async function post({ outbound, target, session, connection, signal, timeoutMilliseconds }: PlainCall, body: string) {
  const request = {
    method: 'POST',
    url: new URL(target.address.url),
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': connection.protocolVersion,
      ...(session.id === undefined ? {} : { 'mcp-session-id': session.id }),
    },
    body,
  };
  const { url, headers, clientCertificate } = withCredential(request, await target.credentials.current());
  return outbound.stream(url.href, {
    method: 'POST',
    headers,
    body,
    tenantId: target.tenantId,
    clientCertificate,
    maximumRedirects: 0,
    timeoutMilliseconds,
    idleMilliseconds: timeoutMilliseconds,
    maximumBytes: upstreamBounds.messageBytes,
    ...(signal === undefined ? {} : { signal }),
  });
}

async function answerOf(answer: Answer, id: string, { session, target }: PlainCall) {
  if (answer.status >= 300) {
    await answer.body.cancel();
    const sentence = `${target.service} answered with status ${String(answer.status)}.`;
    throw Object.assign(new MeshError('upstream_failed', sentence), { status: answer.status });
  }
  const streams = answer.header('content-type')?.toLowerCase().startsWith('text/event-stream') === true;
  const isOurs = (message: Message): boolean => message['id'] === id && message['method'] === undefined;
  if (!streams) {
    const message = parsed(Buffer.from(await answer.whole()).toString());
    if (isOurs(message)) return resultOf(message, target.service);
    session.hear(message);
  } else {
    for await (const message of eventsOf(answer.body)) {
      if (isOurs(message)) return resultOf(message, target.service);
      session.hear(message);
    }
  }
  throw new MeshError('upstream_failed', `${target.service} ended its answer before the result came.`);
}

function parsed(text: string): Message {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Told below, as any other answer that is none.
  }
  throw new MeshError('upstream_failed', 'The server answered with something that is no message of MCP.');
}

function resultOf(message: Message, service: string): Message {
  const { result, error } = message;
  if (isObject(error)) {
    const { code, message: said, data } = error;
    throw new ProtocolError(Number.isSafeInteger(code) ? Number(code) : -32_603, String(said), data);
  }
  if (!isObject(result) || (result['content'] !== undefined && !Array.isArray(result['content']))) {
    throw new MeshError('upstream_failed', `${service} does not keep to the protocol: its result is none of a tool.`);
  }
  return result;
}
