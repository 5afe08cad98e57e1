import { randomBytes } from 'node:crypto';
import { newId, type Clock } from '@devmesh/foundation';
import { Hono } from 'hono';
import { z } from 'zod';
import { readValid } from '../json-body.ts';
import { deliver } from './delivery.ts';
import { githubPush, signGitHub } from './github.ts';

const sendRequest = z
  .strictObject({
    provider: z.literal('github'),
    event: z
      .string()
      .regex(/^[a-z_]+$/)
      .default('push'),
    url: z.url({ protocol: /^https?$/ }),
    secret: z.string().min(1),
    deliveryId: z.string().min(1).max(100).exactOptional(),
    payload: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .refine((request) => request.event === 'push' || request.payload !== undefined, {
    path: ['payload'],
    message: 'Only a push is made up; give the payload of other events.',
  });

interface WebhookOptions {
  readonly clock: Clock;
  readonly allowedHosts: readonly string[];
  readonly timeoutMilliseconds: number;
}

/** Sends signed webhooks on demand, as the provider itself would. */
export function webhookRoutes(options: WebhookOptions): Hono {
  const app = new Hono();
  app.post('/send', async (c) => {
    const request = await readValid(c, sendRequest);
    const deliveryId = request.deliveryId ?? newId();
    const rawBody = JSON.stringify(request.payload ?? githubPush({ at: options.clock.now() }));
    const headers = {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': `GitHub-Hookshot/${randomBytes(4).toString('hex').slice(0, 7)}`,
      'x-github-event': request.event,
      'x-github-delivery': deliveryId,
      'x-github-hook-id': '1',
      'x-hub-signature-256': signGitHub(request.secret, rawBody),
    };
    const answer = await deliver({ url: request.url, headers, rawBody }, options);
    return c.json({ deliveryId, ...answer });
  });
  return app;
}
