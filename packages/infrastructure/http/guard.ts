/** Limits of one outbound request; what is left out takes the platform's defaults. */
interface GuardLimits {
  /** Milliseconds until the last byte. Default 30,000. */
  readonly timeoutMilliseconds?: number;
  /** Bytes of the decoded body. Default 10 MiB. */
  readonly maximumBytes?: number;
  /** Redirects followed; each target is checked again. Default 5; 0 returns the redirect itself. */
  readonly maximumRedirects?: number;
}

/** A request to the outside. Only http and https; the body is text or bytes. */
export interface GuardedRequest extends GuardLimits {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

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
 * An HTTP error status is an answer, not an exception. Authorization and cookies are dropped on a redirect to another origin.
 */
export type GuardedFetch = (url: string, request?: GuardedRequest) => Promise<GuardedResponse>;
