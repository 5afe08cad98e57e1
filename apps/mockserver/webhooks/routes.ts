import { newId, type Clock } from '@devmesh/foundation';
import { Hono } from 'hono';
import { z } from 'zod';
import { readValid } from '../json-body.ts';
import { composeWebhook } from './compose.ts';
import { deliver } from './delivery.ts';
import { senders, type SenderName } from './senders.ts';

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/);

const sendRequest = z
  .strictObject({
    provider: z.enum(Object.keys(senders) as [SenderName]),
    event: z
      .string()
      .regex(/^[\w.: -]{1,100}$/)
      .exactOptional(),
    url: z.url({ protocol: /^https?$/ }),
    secret: z.string().min(1),
    deliveryId: z.string().min(1).max(100).exactOptional(),
    payload: z.record(z.string(), z.unknown()).exactOptional(),
    signing: z
      .strictObject({
        header: headerName.exactOptional(),
        algorithm: z.enum(['sha256', 'sha512']).exactOptional(),
        encoding: z.enum(['hex', 'base64']).exactOptional(),
        prefix: z.string().max(50).exactOptional(),
        timestampHeader: headerName.exactOptional(),
      })
      .exactOptional(),
  })
  .refine((request) => !madeUpWrongly(request), {
    path: ['payload'],
    message: 'Of GitHub only a push is made up; give the payload of other events.',
  });

function madeUpWrongly({ provider, event = 'push', payload }: { provider: string; event?: string; payload?: unknown }) {
  return provider.startsWith('github') && event !== 'push' && payload === undefined;
}

interface WebhookOptions {
  readonly clock: Clock;
  readonly allowedHosts: readonly string[];
  readonly timeoutMilliseconds: number;
}

/** Sends signed webhooks on demand, as the provider itself would. */
export function webhookRoutes(options: WebhookOptions): Hono {
  const app = new Hono();
  app.post('/send', async (c) => {
    const { provider, url, ...order } = await readValid(c, sendRequest);
    const deliveryId = order.deliveryId ?? newId();
    const composed = composeWebhook(provider, { ...order, deliveryId, at: options.clock.now() });
    const answer = await deliver({ url, ...composed }, options);
    return c.json({ deliveryId, ...answer });
  });
  return app;
}
