import type { Clock } from '@devmesh/foundation';
import { refusalOf, type Incoming } from './standard-webhooks.ts';

/** A webhook as it arrived at a receiver. */
interface ReceivedWebhook {
  /** RFC 3339. */
  readonly at: string;
  /** The `webhook-id`, or nothing. */
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  /** The raw body as text. */
  readonly body: string;
  /** Why it was refused; absent when it is genuine. */
  readonly refusal?: string;
}

/** Receivers of outbound webhooks, each with its own secrets. */
export interface Receivers {
  /** Makes a receiver expect these secrets; what it received is kept. */
  configure(name: string, secrets: readonly string[]): void;
  /** Verifies and remembers a webhook; undefined for a receiver that nobody configured. */
  receive(name: string, incoming: Incoming): ReceivedWebhook | undefined;
  /** Oldest first. */
  list(name: string): readonly ReceivedWebhook[];
  clear(): void;
}

interface ReceiversOptions {
  readonly clock: Clock;
  /** Webhooks that each receiver remembers; the oldest are forgotten. */
  readonly capacity: number;
}

interface Receiver {
  secrets: readonly string[];
  readonly received: ReceivedWebhook[];
}

const toleranceSeconds = 300;

/** No receivers yet. */
export function createReceivers({ clock, capacity }: ReceiversOptions): Receivers {
  const receivers = new Map<string, Receiver>();
  return {
    configure: (name, secrets) => {
      const received = receivers.get(name)?.received ?? [];
      receivers.set(name, { secrets, received });
    },
    receive: (name, incoming) => {
      const receiver = receivers.get(name);
      if (receiver === undefined) return undefined;
      const now = clock.now();
      const rules = { secrets: receiver.secrets, now: Math.floor(now / 1000), toleranceSeconds };
      const refusal = refusalOf(incoming, rules);
      const webhook: ReceivedWebhook = {
        at: new Date(now).toISOString(),
        id: incoming.id ?? '',
        timestamp: incoming.timestamp ?? '',
        signature: incoming.signature ?? '',
        body: Buffer.from(incoming.rawBody).toString('utf8'),
        ...(refusal === undefined ? {} : { refusal }),
      };
      receiver.received.push(webhook);
      if (receiver.received.length > capacity) receiver.received.shift();
      return webhook;
    },
    list: (name) => [...(receivers.get(name)?.received ?? [])],
    clear: () => {
      receivers.clear();
    },
  };
}
