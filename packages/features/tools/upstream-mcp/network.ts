import type { ClientCertificate, GuardedSocket, Outbound } from '@devmesh/infrastructure';

/** A fetch whose answers stream. */
export type StreamingFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The same with the certificate that the client shows. */
type CertifiedFetch = (url: URL, init: RequestInit, certificate: ClientCertificate | undefined) => Promise<Response>;

/** How the servers of an organization are reached; every address is checked as it connects. */
export interface UpstreamNetwork {
  readonly fetch: CertifiedFetch;
  readonly socket: (url: string, certificate: ClientCertificate | undefined) => GuardedSocket;
}

const hour = 3_600_000;
/** Bytes of a refusal that a client is given. */
const refusalBytes = 64 * 1_024;
const gibibyte = 1_024 ** 3;
/** Statuses whose answers have no body. */
const bodiless: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** The guarded ways out as a client of MCP takes them. Redirects come back to it as they are. */
export function createUpstreamNetwork(
  outbound: Pick<Outbound, 'stream' | 'socket'>,
  tenantId: string,
): UpstreamNetwork {
  return {
    fetch: async (url, init, clientCertificate) => {
      const {
        status,
        headers,
        body,
        url: answered,
      } = await outbound.stream(String(url), {
        method: init.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init.headers)),
        tenantId,
        clientCertificate,
        maximumRedirects: 0,
        // Who calls decides how long an answer may take; a stream of events may be quiet for long.
        timeoutMilliseconds: hour,
        idleMilliseconds: hour,
        maximumBytes: gibibyte,
        ...(typeof init.body === 'string' ? { body: init.body } : {}),
        ...(init.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
      });
      if (bodiless.has(status)) await body.cancel();
      // A client need not read a refusal, and what nobody reads would hold its connection.
      const content = status >= 400 ? await startOf(body) : body;
      const response = new Response(bodiless.has(status) ? null : content, { status, headers });
      Object.defineProperty(response, 'url', { value: answered });
      return response;
    },
    socket: (url, clientCertificate) => outbound.socket(url, { tenantId, clientCertificate }),
  };
}

/** The first bytes of a body, whose rest is not fetched. */
async function startOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    pieces.push(piece);
    size += piece.length;
    if (size >= refusalBytes) break;
  }
  return new Uint8Array(Buffer.concat(pieces).subarray(0, refusalBytes));
}
