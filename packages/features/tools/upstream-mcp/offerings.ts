import type { operations, ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { actorOf, type Principal } from '../../identity/index.ts';
import { encodeCursor, readCursor, type Page } from '../../paging.ts';
import { nameTools } from '../naming/tool-names.ts';
import type { SourceCall } from '../calling/source.ts';
import { changeChannel, changePayload } from './bell.ts';
import type { UpstreamConnection } from './connection.ts';
import { upstreamFailure } from './failure.ts';
import type { ListedPrompt } from './listed.ts';
import type { UpstreamOptions } from './options.ts';
import { presentPrompt, presentResource, type PromptView, type ResourceView } from './present-offering.ts';
import { targetOf } from './reach.ts';
import { offeringResource } from './offering-resource.ts';
import { selectReachableByName, type ReachableRow } from './store.ts';
import {
  selectOffered,
  selectPromptsOf,
  upsertSubscription,
  type OfferedRow,
  type OfferingKinds,
} from './store-offerings.ts';
import { unwrapUri, wrapUri } from './uris.ts';

type Upstreams = typeof operations.upstreams;
type ItemOf<Name extends keyof Upstreams> =
  ResponseOf<Upstreams[Name]> extends { items: (infer Item)[] } ? Item : never;

interface PageRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Who asks a server for something that is no tool. */
export type Asking = Pick<SourceCall, 'principal' | 'handedOver' | 'signal'>;

interface Completion {
  readonly ref:
    | { readonly type: 'ref/prompt'; readonly name: string }
    | { readonly type: 'ref/resource'; readonly uri: string };
  readonly argument: { readonly name: string; readonly value: string };
  readonly context?: { readonly arguments?: Record<string, string> | undefined } | undefined;
}

/** What servers offer besides tools. What policy forbids of a service is neither listed nor found. */
export interface Offerings {
  resources(principal: Principal, page: PageRequest): Promise<Page<ItemOf<'listResources'>>>;
  templates(principal: Principal, page: PageRequest): Promise<Page<ItemOf<'listTemplates'>>>;
  prompts(principal: Principal, page: PageRequest): Promise<Page<ItemOf<'listPrompts'>>>;
  read(asking: Asking, uri: string): Promise<ResourceView>;
  getPrompt(
    asking: Asking,
    prompt: { readonly name: string; readonly arguments: Record<string, string> },
  ): Promise<PromptView>;
  complete(asking: Asking, completion: Completion): Promise<ResponseOf<Upstreams['complete']>>;
  /** Until when changes of the resource are told of in the feed. */
  subscribe(principal: Principal, uri: string): Promise<Date>;
}

const timeout = 60_000;
const subscriptionSeconds = 600;
const mostSubscriptions = 200;

/** Builds the offerings. */
export function createOfferings(options: UpstreamOptions): Offerings {
  const ask = <Result>(asking: Asking, service: string, work: Work<Result>): Promise<Result> =>
    askServer(options, asking, service, work);
  return {
    resources: (principal, page) =>
      list(options, principal, { kind: 'resources', page }, ({ service, entry }) => ({
        ...entry,
        uri: wrapUri(service, entry.uri),
      })),
    templates: (principal, page) =>
      list(options, principal, { kind: 'resource_templates', page }, ({ service, entry }) => ({
        ...entry,
        uriTemplate: wrapUri(service, entry.uriTemplate),
      })),
    prompts: (principal, page) =>
      list(options, principal, { kind: 'prompts', page }, ({ service, entry }) => {
        const { arguments: wanted, ...rest } = entry;
        const name = promptName(service, entry.name);
        return { ...rest, name, ...(wanted === undefined ? {} : { arguments: [...wanted] }) };
      }),
    read: async (asking, uri) => {
      const named = unwrapUri(uri);
      await record(options, asking, 'upstreams.readResource', uri);
      return ask(asking, named.service, async ({ connection, signal, provenance }) =>
        presentResource(await connection.client.readResource({ uri: named.uri }, { timeout, ...signal }), provenance()),
      );
    },
    getPrompt: async (asking, { name, arguments: values }) => {
      const found = await findPrompt(options, asking.principal, name);
      await record(options, asking, 'upstreams.getPrompt', name);
      return ask(asking, found.service, async ({ connection, signal, provenance }) =>
        presentPrompt(
          await connection.client.getPrompt({ name: found.prompt.name, arguments: values }, { timeout, ...signal }),
          provenance(),
        ),
      );
    },
    complete: async (asking, completion) => {
      const { service, ref } = await refOf(options, asking.principal, completion.ref);
      return ask(asking, service, async ({ connection, signal }) => {
        if (connection.capabilities.completions === undefined) return { completion: { values: [] } };
        const context =
          completion.context?.arguments === undefined ? {} : { context: { arguments: completion.context.arguments } };
        const { completion: found } = await connection.client.complete(
          { ref, argument: completion.argument, ...context },
          { timeout, ...signal },
        );
        return { completion: { ...found, values: found.values.slice(0, 100) } };
      });
    },
    subscribe: (principal, uri) => subscribe(options, principal, uri),
  };
}

/** What somebody asks a server for stands in the trail before it is asked. */
function record(
  { database, audit }: UpstreamOptions,
  { principal }: Asking,
  action: 'upstreams.readResource' | 'upstreams.getPrompt',
  subject: string,
): Promise<void> {
  return database.tenant(principal.tenantId, async (tx) => {
    await audit.record(tx, { actor: actorOf(principal), action, subject: subject.slice(0, 500), detail: {} });
  });
}

interface Listing<Kind extends keyof OfferingKinds> {
  readonly kind: Kind;
  readonly page: PageRequest;
}

const position = /^[a-z][a-z0-9_]{0,23} \d{1,9}$/u;

async function list<Kind extends keyof OfferingKinds, Item>(
  options: UpstreamOptions,
  principal: Principal,
  { kind, page: { cursor, limit } }: Listing<Kind>,
  present: (row: OfferedRow<OfferingKinds[Kind]>) => Item,
): Promise<Page<Item>> {
  const [service, place] = readCursor(cursor, position)?.split(' ') ?? [];
  let after = service === undefined ? undefined : { service, place: Number(place) };
  const allowed: OfferedRow<OfferingKinds[Kind]>[] = [];
  for (;;) {
    const from = after;
    const rows = await options.database.tenant(principal.tenantId, (tx) =>
      selectOffered(tx, kind, { after: from, limit }),
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
    items: items.map(present),
    ...(more ? { nextCursor: encodeCursor(`${last.service} ${String(last.place)}`) } : {}),
  };
}

/** `<service>_<prompt>`, the same every time. */
function promptName(service: string, name: string): string {
  return nameTools(service, [{ operationId: name, method: 'prompt', path: name }], new Set())[0] ?? '';
}

async function findPrompt(
  { database }: UpstreamOptions,
  { tenantId }: Principal,
  name: string,
): Promise<{ readonly service: string; readonly prompt: ListedPrompt }> {
  const candidates = await database.tenant(tenantId, (tx) => selectPromptsOf(tx, name));
  for (const { service, prompts } of candidates) {
    const prompt = prompts.find((listed) => promptName(service, listed.name) === name);
    if (prompt !== undefined) return { service, prompt };
  }
  throw new MeshError('not_found', `There is no prompt ${name}.`);
}

async function refOf(options: UpstreamOptions, principal: Principal, ref: Completion['ref']) {
  if (ref.type === 'ref/resource') {
    const { service, uri } = unwrapUri(ref.uri);
    return { service, ref: { type: ref.type, uri } } as const;
  }
  const { service, prompt } = await findPrompt(options, principal, ref.name);
  return { service, ref: { type: ref.type, name: prompt.name } } as const;
}

interface Asked {
  readonly connection: UpstreamConnection;
  readonly signal: { readonly signal?: AbortSignal };
  /** Asked for after the answer: only then are all forms of the credential known. */
  readonly provenance: () => { readonly service: string; readonly traces: readonly string[] };
}

type Work<Result> = (asked: Asked) => Promise<Result>;

async function askServer<Result>(
  options: UpstreamOptions,
  asking: Asking,
  service: string,
  work: Work<Result>,
): Promise<Result> {
  const { principal, signal } = asking;
  const row = await findServer(options, principal, service);
  const target = await options.database.tenant(principal.tenantId, (tx) => targetOf(tx, options, row, asking));
  const given = signal === undefined ? {} : { signal };
  try {
    return await options.pool.together(target, (connection, { credentials }) =>
      work({ connection, signal: given, provenance: () => ({ service, traces: credentials.traces() }) }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw upstreamFailure(error, service);
  }
}

/** The server of a name, where the principal may use what it offers; otherwise as if there were none. */
async function findServer(
  { database, policy }: UpstreamOptions,
  principal: Principal,
  service: string,
): Promise<ReachableRow> {
  const row = await database.tenant(principal.tenantId, (tx) => selectReachableByName(tx, service));
  const [allowed] =
    row === undefined
      ? []
      : await policy.filter(principal, [row], (one) => ({ resource: offeringResource(one, 'resources') }));
  if (allowed === undefined) throw new MeshError('not_found', `There is no MCP server ${service}.`);
  return allowed;
}

async function subscribe(options: UpstreamOptions, principal: Principal, wrapped: string): Promise<Date> {
  const { service, uri } = unwrapUri(wrapped);
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
  return endsAt;
}
