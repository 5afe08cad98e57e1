import type { operations, ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { actorOf, type Principal } from '../../identity/index.ts';
import { encodeCursor, readCursor, type Page } from '../../paging.ts';
import { find, findServer, type Asking } from './ask-server.ts';
import { complete, getPrompt, readResource, type Completion, type PromptCall } from './asked-offerings.ts';
import { changeChannel, changePayload } from './bell.ts';
import { findUri, promptName } from './find-offering.ts';
import { isOwnPrompt, shownUri, type OfferingView } from './offering-view.ts';
import { offeringResource } from './offering-resource.ts';
import type { UpstreamOptions } from './options.ts';
import type { PromptView, ResourceView } from './present-offering.ts';
import { selectOffered, upsertSubscription, type OfferedRow, type OfferingKinds } from './store-offerings.ts';
import { wrapUri } from './uris.ts';

type Upstreams = typeof operations.upstreams;
type ItemOf<Name extends keyof Upstreams> =
  ResponseOf<Upstreams[Name]> extends { items: (infer Item)[] } ? Item : never;

interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
  /** The tool set that shows what is listed. */
  readonly set?: string | undefined;
}

/** What servers offer besides tools. What policy forbids of a service is neither listed nor found. */
export interface Offerings {
  resources(principal: Principal, page: PageRequest): Promise<Page<ItemOf<'listResources'>>>;
  templates(principal: Principal, page: PageRequest): Promise<Page<ItemOf<'listTemplates'>>>;
  prompts(principal: Principal, page: PageRequest): Promise<Page<ItemOf<'listPrompts'>>>;
  read(asking: Asking, uri: string): Promise<ResourceView>;
  getPrompt(asking: Asking, prompt: PromptCall): Promise<PromptView>;
  complete(asking: Asking, completion: Completion): Promise<ResponseOf<Upstreams['complete']>>;
  /** Until when changes of the resource are told of in the feed, and under which address. */
  subscribe(
    principal: Principal,
    resource: { readonly uri: string; readonly set?: string | undefined },
  ): Promise<{ readonly endsAt: Date; readonly uri: string }>;
}

const subscriptionSeconds = 600;
const mostSubscriptions = 200;

/** Builds the offerings. */
export function createOfferings(options: UpstreamOptions): Offerings {
  return {
    resources: (principal, page) =>
      list(options, principal, { kind: 'resources', page }, ({ service, entry, shared }, view) => ({
        ...entry,
        uri: shownUri(view, { service, own: entry.uri, shared }),
      })),
    templates: (principal, page) =>
      list(options, principal, { kind: 'resource_templates', page }, ({ service, entry, shared }, view) => ({
        ...entry,
        uriTemplate: shownUri(view, { service, own: entry.uriTemplate, shared }),
      })),
    prompts: (principal, page) =>
      list(options, principal, { kind: 'prompts', page }, ({ service, entry, shared }, view) => {
        const { arguments: wanted, ...rest } = entry;
        const name = isOwnPrompt(view, entry.name) && !shared ? entry.name : promptName(service, entry.name);
        return { ...rest, name, ...(wanted === undefined ? {} : { arguments: [...wanted] }) };
      }),
    read: (asking, uri) => readResource(options, asking, uri),
    getPrompt: (asking, prompt) => getPrompt(options, asking, prompt),
    complete: (asking, completion) => complete(options, asking, completion),
    subscribe: (principal, resource) => subscribe(options, principal, resource),
  };
}

interface Listing<Kind extends keyof OfferingKinds> {
  readonly kind: Kind;
  readonly page: PageRequest;
}

const position = /^[a-z][a-z0-9_]{0,23} \d{1,9}$/u;

async function list<Kind extends keyof OfferingKinds, Item>(
  options: UpstreamOptions,
  principal: Principal,
  { kind, page: { cursor, limit, set } }: Listing<Kind>,
  present: (row: OfferedRow<OfferingKinds[Kind]>, view: OfferingView) => Item,
): Promise<Page<Item>> {
  const [service, place] = readCursor(cursor, position)?.split(' ') ?? [];
  const view = await find(options, { principal, set }, async (_tx, found) => found);
  let after = service === undefined ? undefined : { service, place: Number(place) };
  const allowed: OfferedRow<OfferingKinds[Kind]>[] = [];
  for (;;) {
    const from = after;
    const rows = await options.database.tenant(principal.tenantId, (tx) =>
      selectOffered(tx, kind, { services: view.services, after: from, limit }),
    );
    const looked = rows.slice(0, limit);
    allowed.push(
      ...(await options.policy.filter(principal, looked, (row) => ({ resource: offeringResource(row, kind) }))),
    );
    after = rows.length > limit ? looked.at(-1) : undefined;
    // A page that is not full says that there is no more.
    if (allowed.length > limit || after === undefined) break;
  }
  const items = allowed.slice(0, limit);
  const last = items.at(-1);
  const more = allowed.length > limit && last !== undefined;
  return {
    items: items.map((row) => present(row, view)),
    ...(more ? { nextCursor: encodeCursor(`${last.service} ${String(last.place)}`) } : {}),
  };
}

async function subscribe(
  options: UpstreamOptions,
  principal: Principal,
  resource: { readonly uri: string; readonly set?: string | undefined },
): Promise<{ readonly endsAt: Date; readonly uri: string }> {
  const { service, uri } = await find(options, { principal, set: resource.set }, (tx, view) =>
    findUri(tx, view, resource.uri),
  );
  const { toolId, capabilities } = await findServer(options, principal, service);
  const { subscribe: offered } = (capabilities['resources'] ?? {}) as { readonly subscribe?: boolean };
  if (offered !== true) throw new MeshError('upstream_failed', `${service} does not tell when its resources change.`);
  const endsAt = await options.database.tenant(principal.tenantId, async (tx) => {
    const until = await upsertSubscription(
      tx,
      { toolId, uri },
      { seconds: subscriptionSeconds, most: mostSubscriptions },
    );
    const actor = actorOf(principal);
    if (until !== undefined) {
      await options.audit.record(tx, { actor, action: 'upstreams.subscribe', subject: toolId, detail: { uri } });
    }
    return until;
  });
  if (endsAt === undefined) {
    throw new MeshError('rate_limited', `${service} already has ${String(mostSubscriptions)} subscriptions.`, {
      retryAfterSeconds: 60,
    });
  }
  await options.bell.ring(changeChannel, changePayload({ tenantId: principal.tenantId, toolId }));
  return { endsAt, uri: wrapUri(service, uri) };
}
