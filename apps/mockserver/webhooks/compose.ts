import type { Outgoing, Sender, Signing } from './sender.ts';
import { senders, type SenderName } from './senders.ts';

/** A webhook that is to be sent. */
export interface WebhookOrder {
  readonly secret: string;
  readonly deliveryId: string;
  /** Unix milliseconds of the sending. */
  readonly at: number;
  /** The sender's usual one by default. */
  readonly event?: string | undefined;
  /** Made up by default. */
  readonly payload?: unknown;
  readonly signing?: Signing | undefined;
}

interface ComposedWebhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly rawBody: string;
}

/** The headers and the body that a provider would send: labelled and signed as it does. */
export function composeWebhook(name: SenderName, order: WebhookOrder): ComposedWebhook {
  const sender: Sender = senders[name];
  const event = order.event ?? sender.event;
  const json = JSON.stringify(order.payload ?? sender.sample(event, order.deliveryId, order.at));
  const rawBody = sender.encode === undefined ? json : sender.encode(json);
  const outgoing: Outgoing = { ...order, event, rawBody, signing: order.signing ?? {} };
  const contentType = sender.encode === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  return { rawBody, headers: { accept: '*/*', 'content-type': contentType, ...sender.headers(outgoing) } };
}
