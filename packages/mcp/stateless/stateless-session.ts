import { randomUUID } from 'node:crypto';
import type { Params } from '../message.ts';
import type { KeptSession } from '../methods.ts';
import { rev20260728 } from '../revisions/rev-2026-07-28.ts';
import type { RequestMeta } from './request-meta.ts';
import type { StatelessRequest } from './stateless.ts';

interface Ways {
  readonly notify: (method: string, params?: Params) => void;
  readonly close: () => void;
}

/** Without a stream to speak on, nothing is said and nothing is there to be ended. */
const silent: Ways = { notify: () => undefined, close: () => undefined };

/** What handlers know of a client, for as long as one request of it lasts. */
export function createStatelessSession<Principal>(
  { principal, channel }: Pick<StatelessRequest<Principal>, 'principal' | 'channel'>,
  meta: RequestMeta,
  ways: Ways = silent,
): KeptSession<Principal> {
  return {
    id: randomUUID(),
    principal,
    transport: channel.kind,
    protocolVersion: rev20260728.version,
    ...meta,
    subscriptions: new Set(),
    ...ways,
  };
}
