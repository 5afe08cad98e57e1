import { toMeshError } from '@devmesh/foundation';
import { z } from 'zod';
import { notificationText, type Params, type RequestMessage } from '../message.ts';
import { valid, type KeptSession } from '../methods.ts';
import { createRequestContext } from '../request-context.ts';
import { metaKeys } from '../revisions/rev-2026-07-28.ts';
import { complete } from './complete.ts';
import type { RequestMeta } from './request-meta.ts';
import { createStatelessSession } from './stateless-session.ts';
import type { StatelessOptions, StatelessRequest } from './stateless.ts';

const filter = z.object({
  notifications: z.looseObject({
    toolsListChanged: z.boolean().optional(),
    promptsListChanged: z.boolean().optional(),
    resourcesListChanged: z.boolean().optional(),
    resourceSubscriptions: z.array(z.string().min(1).max(4_096)).max(100).optional(),
  }),
});

type Filter = z.output<typeof filter>['notifications'];

const listChanges = [
  ['toolsListChanged', 'notifications/tools/list_changed', 'tools/list'],
  ['promptsListChanged', 'notifications/prompts/list_changed', 'prompts/list'],
  ['resourcesListChanged', 'notifications/resources/list_changed', 'resources/list'],
] as const;

/**
 * Answers `subscriptions/listen`: tells the client of the changes that it chose until it cancels or the server ends the stream.
 * To handlers it is a session like any other. What cannot be subscribed to is left out of the acknowledgement.
 */
export async function listen<Principal>(
  options: StatelessOptions<Principal>,
  arrived: StatelessRequest<Principal>,
  meta: RequestMeta,
): Promise<object> {
  const { request, channel, signal, closing } = arrived;
  const { notifications: asked } = valid(filter, request.params);
  const done = new AbortController();
  const wanted = new Set<string>();
  const tell = (method: string, params: Params = {}): void => {
    if (signal.aborted || done.signal.aborted) return;
    const subscription = { [metaKeys.subscriptionId]: request.id };
    channel.send(notificationText(method, { ...params, _meta: { ...metaIn(params), ...subscription } }), request.id);
  };
  const session = createStatelessSession(arrived, meta, {
    notify: (method, params) => {
      if (wanted.has(method)) tell(method, params);
    },
    close: () => {
      done.abort();
    },
  });
  const honoured = await subscribe(options, { session, asked, request, signal });
  for (const [key, method] of [...listChanges, ...ownOf(options)]) if (honoured[key] === true) wanted.add(method);
  if (honoured.resourceSubscriptions !== undefined) wanted.add('notifications/resources/updated');
  tell('notifications/subscriptions/acknowledged', { notifications: honoured });
  options.opened(session);
  await firstOf([signal, done.signal, ...(closing === undefined ? [] : [closing])]);
  session.subscriptions.clear();
  options.ended(session);
  return complete('subscriptions/listen', { _meta: { [metaKeys.subscriptionId]: request.id } }, options.greeting);
}

interface Subscribing<Principal> {
  readonly session: KeptSession<Principal>;
  readonly asked: Filter;
  readonly request: RequestMessage;
  readonly signal: AbortSignal;
}

function ownOf<Principal>({ ownNotifications = {} }: StatelessOptions<Principal>): [string, string][] {
  return Object.entries(ownNotifications);
}

/** What is granted of what was asked for. */
async function subscribe<Principal>(
  options: StatelessOptions<Principal>,
  { session, asked, request, signal }: Subscribing<Principal>,
): Promise<Filter> {
  const { methods } = options;
  const lists = listChanges.filter(([key, , list]) => asked[key] === true && methods.has(list));
  const own = ownOf(options).filter(([key]) => asked[key] === true);
  const granted: Filter = Object.fromEntries([...lists, ...own].map(([key]) => [key, true]));
  const method = methods.get('resources/subscribe');
  if (asked.resourceSubscriptions === undefined || method === undefined) return granted;
  const ask = (): Promise<never> => Promise.reject(new Error('A subscription asks nothing.'));
  const context = createRequestContext({ request, signal, notify: () => undefined, ask });
  for (const uri of new Set(asked.resourceSubscriptions)) {
    try {
      // One after the other: it is the list of one client, and short.
      // oxlint-disable-next-line no-await-in-loop
      await method(session, { uri }, context);
    } catch (error) {
      if (!['not_found', 'forbidden'].includes(toMeshError(error).code)) throw error;
    }
  }
  return { ...granted, resourceSubscriptions: [...session.subscriptions] };
}

function metaIn({ _meta: meta }: Params): object {
  return typeof meta === 'object' && meta !== null ? meta : {};
}

/** Resolves when one of them has aborted. */
function firstOf(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    any.addEventListener('abort', () => resolve(), { once: true });
  });
}
