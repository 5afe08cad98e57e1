import { isIPv4 } from 'node:net';
import { invalid, problem } from '../problem.ts';

/** A signed request, ready to go out. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawBody: string;
}

/** What the receiver answered. */
export interface DeliveryAnswer {
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
}

interface DeliveryOptions {
  /** Hosts that may be reached besides loopback. */
  readonly allowedHosts: readonly string[];
  readonly timeoutMilliseconds: number;
}

const answerLimitCharacters = 65_536;

/** Sends once and does not follow redirects. Answers 422 for a host that is not allowed, 502 or 504 when it fails. */
export async function deliver(delivery: Delivery, options: DeliveryOptions): Promise<DeliveryAnswer> {
  requireAllowed(new URL(delivery.url).hostname, options.allowedHosts);
  try {
    const response = await fetch(delivery.url, {
      method: 'POST',
      headers: delivery.headers,
      body: delivery.rawBody,
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMilliseconds),
    });
    return { status: response.status, body: (await response.text()).slice(0, answerLimitCharacters) };
  } catch (error) {
    throw sendingFailed(error, options.timeoutMilliseconds);
  }
}

function sendingFailed(error: unknown, timeoutMilliseconds: number): Error {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return problem(504, `The receiver did not answer within ${String(timeoutMilliseconds)} ms.`);
  }
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  return problem(
    502,
    `The receiver could not be reached (${typeof cause === 'string' ? cause : 'connection failed'}).`,
  );
}

function requireAllowed(host: string, allowedHosts: readonly string[]): void {
  if (isLoopback(host) || allowedHosts.includes(host)) return;
  throw invalid([{ path: 'body.url', message: `Webhooks are sent to loopback only, and ${host} is not allowed.` }]);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}
