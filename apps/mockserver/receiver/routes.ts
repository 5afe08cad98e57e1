import { Hono } from 'hono';
import { z } from 'zod';
import { readValid } from '../json-body.ts';
import { problemResponse } from '../problem.ts';
import type { Receivers } from './receivers.ts';

const configuration = z.strictObject({
  secrets: z
    .array(z.string().regex(/^whsec_[A-Za-z0-9+/]+=*$/))
    .min(1)
    .describe('Any of them may have signed.'),
});

/** Where webhooks are received: genuine ones get 204, others 401. Faults of the control API make a receiver fail, hang or redirect. */
export function receiverRoutes(receivers: Receivers): Hono {
  const app = new Hono();
  app.post('/:name', async (c) => {
    const webhook = receivers.receive(c.req.param('name'), {
      id: c.req.header('webhook-id'),
      timestamp: c.req.header('webhook-timestamp'),
      signature: c.req.header('webhook-signature'),
      rawBody: new Uint8Array(await c.req.arrayBuffer()),
    });
    if (webhook === undefined) return problemResponse(404, 'Nobody told this receiver which secrets to expect.');
    if (webhook.refusal !== undefined) return problemResponse(401, `The webhook is not genuine: ${webhook.refusal}.`);
    return c.body(null, 204);
  });
  return app;
}

/** Tells receivers which secrets to expect, and tests what they received. */
export function receiverControlRoutes(receivers: Receivers): Hono {
  const app = new Hono();
  app.put('/:name', async (c) => {
    const { secrets } = await readValid(c, configuration);
    receivers.configure(c.req.param('name'), secrets);
    return c.json({ name: c.req.param('name'), path: `/receivers/${c.req.param('name')}` });
  });
  app.get('/:name', (c) => c.json({ webhooks: receivers.list(c.req.param('name')) }));
  return app;
}
