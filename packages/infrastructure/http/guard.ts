import type { LookupFunction } from 'node:net';
import type { Secret } from '@devmesh/foundation';

/** What a server is shown that asks its clients for a certificate (mutual TLS), all of it in PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: Secret;
  /** The authority that signed the server's own certificate, where it is no public one. */
  readonly authority?: string | undefined;
}

/** On whose behalf a request goes out, and what it must not give away. */
interface GuardIdentity {
  /** The organization: hosts that the operator opened for it alone are open. */
  readonly tenantId?: string | undefined;
  /** Shown to the origin of the first address only; its connections are shared with no other certificate or organization. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Texts of the credential; a redirect that would carry one to another origin is refused. */
  readonly secrets?: readonly string[] | undefined;
}

/** Limits of one outbound request; what is left out takes the platform's defaults. */
interface GuardLimits {
  /** Milliseconds until the last byte. Default 30,000. */
  readonly timeoutMilliseconds?: number;
  /** Bytes of the decoded body. Default 10 MiB. */
  readonly maximumBytes?: number;
  /** Redirects followed; each target is checked again. Default 5; 0 returns the redirect itself. */
  readonly maximumRedirects?: number;
}

interface GuardedMessage extends GuardIdentity {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** A request to the outside. Only http and https; the body is text or bytes. */
export interface GuardedRequest extends GuardedMessage, GuardLimits {}

/** The whole answer; the body was read within the limits. */
export interface GuardedResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly body: Uint8Array;
  text(): string;
}

/**
 * The only way out of the process to an address that a user named. Throws `address_refused` for private, loopback,
 * link-local and other special addresses (checked at connect, so DNS rebinding gains nothing) unless the operator
 * allowed the host; `upstream_unreachable`, `upstream_timeout` and `too_large` for what their names say.
 * An HTTP error status is an answer, not an exception. A redirect to another origin takes along only what content
 * negotiation needs, and only GET, HEAD and OPTIONS are repeated there.
 */
export type GuardedFetch = (url: string, request?: GuardedRequest) => Promise<GuardedResponse>;

/** A request whose answer is read while it comes, e.g. server-sent events. */
export interface GuardedStreamRequest extends GuardedMessage {
  /** Until the head of the answer. Default 30,000. */
  readonly timeoutMilliseconds?: number;
  /** Between two pieces of the body. Default 300,000. */
  readonly idleMilliseconds?: number;
  /** Until the last byte. Default an hour. */
  readonly lifetimeMilliseconds?: number;
  /** Of the decoded body. Default 64 MiB. */
  readonly maximumBytes?: number;
  /** Default 5; 0 returns the redirect itself. */
  readonly maximumRedirects?: number;
}

/** An answer whose body is still to come. */
export interface GuardedStreamResponse {
  readonly status: number;
  /** One of its headers, named in lower case. */
  header(this: void, name: string): string | undefined;
  readonly headers: Headers;
  readonly url: string;
  /**
   * Errs with `upstream_timeout` where it is idle or lives too long, `too_large` over its limit, with the caller's reason
   * where its signal aborts. Read it to its end or cancel it: until then it holds a connection.
   */
  readonly body: ReadableStream<Uint8Array>;
  /** All of it, in the place of `body`; rejects with what that errs with. */
  whole(this: void): Promise<Uint8Array>;
}

/** What a client of `node:net`, `node:tls` or `ws` connects with. */
export interface GuardedSocket {
  /** Gives only addresses that may be connected to. */
  readonly lookup: LookupFunction;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** The guarded fetch with the other ways out under the same checks. */
export type Outbound = GuardedFetch & {
  /** Like the fetch itself, for answers that are read while they come. */
  readonly stream: (url: string, request?: GuardedStreamRequest) => Promise<GuardedStreamResponse>;
  /**
   * Options for a socket to an address (http, https, ws or wss), e.g. `new WebSocket(url, { ...outbound.socket(url), ...limits })`.
   * Throws `address_refused` at once where the address itself is refused; a name is checked as it connects. Good for that host
   * alone: follow no redirects with it.
   */
  readonly socket: (url: string, identity?: Pick<GuardIdentity, 'tenantId' | 'clientCertificate'>) => GuardedSocket;
};
