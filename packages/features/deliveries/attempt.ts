import { toMeshError, version, type Clock, type MeshError, type Secret, type Telemetry } from '@devmesh/foundation';
import type { GuardedFetch, GuardedResponse } from '@devmesh/infrastructure';
import { excerptOf } from './excerpt.ts';
import { retryAfterOf } from './retry-schedule.ts';
import { signatureOf } from './signature.ts';

/** Where a delivery goes, with everything opened that its request needs. */
export interface Target {
  readonly url: string;
  /** The present secret, and during a rotation the one before. */
  readonly secrets: readonly Secret[];
  /** Headers that the organization added. */
  readonly headers: Readonly<Record<string, Secret>>;
}

/** What became of one request. */
export interface AttemptResult {
  readonly succeeded: boolean;
  readonly at: Date;
  readonly durationMs: number;
  readonly statusCode: number | undefined;
  readonly errorCode: string | undefined;
  /** The beginning of the answer, or why there was none. */
  readonly excerpt: string;
  readonly retryAfterSeconds: number | undefined;
}

interface SendOptions {
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

interface Message {
  readonly id: string;
  readonly body: string;
}

interface TimedMessage extends Message {
  /** Unix seconds. */
  readonly timestamp: number;
}

type Told = Omit<AttemptResult, 'at' | 'durationMs'>;

const timeoutMilliseconds = 15_000;
const maximumBytes = 1_048_576;
const userAgent = `DeveloperMesh/${version} (webhooks)`;

/**
 * Posts a delivery once, signed as Standard Webhooks; a redirect is an answer like any other, and not a success. Throws only
 * when the signal aborts.
 */
export async function send(
  options: SendOptions,
  target: Target,
  message: Message,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const at = options.clock.now();
  const started = performance.now();
  const told = await post(options, target, { ...message, timestamp: Math.floor(at / 1000) }, signal);
  const durationMs = Math.round(performance.now() - started);
  const outcome = told.succeeded ? 'delivered' : (told.errorCode ?? String(told.statusCode));
  options.telemetry.metrics.count('devmesh_delivery_attempts_total', { outcome });
  return { ...told, at: new Date(at), durationMs };
}

async function post(
  { fetch, clock }: SendOptions,
  target: Target,
  message: TimedMessage,
  signal: AbortSignal,
): Promise<Told> {
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: headersOf(target, message),
      body: message.body,
      timeoutMilliseconds,
      maximumBytes,
      maximumRedirects: 0,
      signal,
    });
    return answered(response, target, clock.now());
  } catch (error) {
    signal.throwIfAborted();
    return unanswered(toMeshError(error), target);
  }
}

/** The headers of Standard Webhooks, over whatever the organization added. */
function headersOf({ headers, secrets }: Target, { id, timestamp, body }: TimedMessage): Record<string, string> {
  const added = Object.entries(headers).map(([name, value]) => [name, value.open()]);
  return {
    ...(Object.fromEntries(added) as Record<string, string>),
    'content-type': 'application/json',
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureOf(secrets, { id, timestamp, body }),
  };
}

function answered(response: GuardedResponse, target: Target, now: number): Told {
  const { status } = response;
  return {
    succeeded: status >= 200 && status < 300,
    statusCode: status,
    errorCode: undefined,
    excerpt: excerptOf(response.text(), secretsOf(target)),
    retryAfterSeconds: retryAfterOf(status, response.headers.get('retry-after'), now),
  };
}

function unanswered(error: MeshError, target: Target): Told {
  return {
    succeeded: false,
    statusCode: undefined,
    errorCode: error.code,
    excerpt: excerptOf(error.message, secretsOf(target)),
    retryAfterSeconds: undefined,
  };
}

function secretsOf({ secrets, headers }: Target): readonly Secret[] {
  return [...secrets, ...Object.values(headers)].filter((secret) => secret.open() !== '');
}
