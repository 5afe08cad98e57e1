import type { Route } from '../routing.ts';
import { deadLetterRoutes } from './routes-dead-letters.ts';
import { webhookEventRoutes } from './routes-events.ts';
import { replayRoutes } from './routes-replays.ts';
import { sourceRoutes } from './routes-sources.ts';
import type { Webhooks } from './service.ts';

/** The routes of webhooks. */
export function webhookRoutes(options: { readonly webhooks: Webhooks }): readonly Route[] {
  return [
    ...sourceRoutes(options),
    ...webhookEventRoutes(options),
    ...replayRoutes(options),
    ...deadLetterRoutes(options),
  ];
}
