import { operations, scopes } from '@devmesh/api';
import { newId } from '@devmesh/foundation';

/** What becomes of requests: answered, refused as where nothing listens, left without an answer, or answered by a proxy before it. */
type Condition = 'up' | 'refusing' | 'silent' | 'proxy';

/** A platform of a few answers with an event feed, which can go down while it runs. */
export function imitatePlatform(tools: () => readonly string[], pageSize = 200) {
  const organization = { id: newId(), slug: 'acme', name: 'Acme', createdAt: new Date(0).toISOString() };
  const allowed: string[] = [operations.tools.catalogue.id];
  const asked: string[] = [];
  const feeds: Feeds = new Set();
  const keys = new Map<string, string>();
  const health = { status: 'ok', version: '1', components: [{ name: 'database', ready: true }] };
  let condition: Condition = 'up';
  let databaseReady = true;

  const page = (url: URL): Response => catalogue(url, tools(), pageSize);
  const answers = answersOf({ organization, allowed, page, feeds });
  const answer = (path: string, url: URL, key: string): Response => {
    if (path === '/health') {
      return Response.json({ ...health, components: [{ name: 'database', ready: databaseReady }] });
    }
    if (!databaseReady) return Response.json({ code: 'internal', detail: 'lost' }, { status: 500 });
    const keyId = keys.get(key);
    if (keyId === undefined) return Response.json({ code: 'unauthenticated', detail: 'no' }, { status: 401 });
    if (path.endsWith('/call')) return Response.json({ isError: false, content: [], truncated: false });
    return answers[path]?.(url, keyId) ?? new Response(null, { status: 204 });
  };
  const fetch = (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const path = url.pathname.replace('/api/v1', '');
    asked.push(path);
    if (condition !== 'up') return misbehave(condition, request);
    return Promise.resolve(answer(path, url, request.headers.get('authorization')?.slice('Bearer '.length) ?? ''));
  };
  return {
    fetch,
    asked,
    organization,
    issue: (): string => {
      const key = `dm_user_${newId().replaceAll('-', '').padEnd(36, 'a')}`;
      keys.set(key, newId());
      return key;
    },
    allow: (operation: string) => void allowed.push(operation),
    revoke: (key: string): void => {
      keys.delete(key);
    },
    /** From now on; feeds that are open break off, as with a process that ends. */
    become: (next: Condition): void => {
      condition = next;
      if (next === 'up') return;
      for (const one of feeds) one.error(new Error('terminated'));
      feeds.clear();
    },
    loseDatabase: (lost: boolean): void => {
      databaseReady = !lost;
    },
    tell: (type: string, subjectId: string = newId()): void => {
      const event = { cursor: '2-1', type, subjectId, summary: type, data: {}, at: new Date(0).toISOString() };
      const frame = Buffer.from(`id: 2-1\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
      for (const one of feeds) one.enqueue(frame);
    },
    get followers() {
      return feeds.size;
    },
  };
}

function misbehave(condition: Exclude<Condition, 'up'>, { signal }: Request): Promise<Response> {
  if (condition === 'refusing') return Promise.reject(new TypeError('fetch failed'));
  if (condition === 'silent') return untilAborted(signal);
  return Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }));
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

type Feeds = Set<ReadableStreamDefaultController<Uint8Array>>;

/** A feed that begins, and goes on with what its controller is given. */
function feed(feeds: Feeds): Response {
  let own: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      own = controller;
      feeds.add(controller);
      controller.enqueue(Buffer.from('id: 1-1\nevent: connected\ndata: {}\n\n'));
    },
    cancel: () => {
      if (own !== undefined) feeds.delete(own);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

function catalogue(url: URL, names: readonly string[], pageSize: number): Response {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const items = names.slice(from, from + pageSize).map((name) => ({
    name,
    title: name,
    description: name,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  }));
  const next = from + pageSize;
  return Response.json({ items, ...(next < names.length ? { nextCursor: String(next) } : {}) });
}

interface Answering {
  readonly organization: object;
  readonly allowed: readonly string[];
  readonly page: (url: URL) => Response;
  readonly feeds: Feeds;
}

type Answers = Readonly<Record<string, (url: URL, keyId: string) => Response>>;

function answersOf({ organization, allowed, page, feeds }: Answering): Answers {
  return {
    '/principal': (_url, keyId) => Response.json({ organization, keyId, keyType: 'user', scopes, via: 'key' }),
    '/principal/allowed': () => Response.json({ operations: allowed }),
    '/catalogue': page,
    '/tool-sets/other': () => Response.json({ platformTools: true }),
    '/pinned-tools': () => Response.json({ items: [] }),
    '/events': () => feed(feeds),
    '/sessions': () => Response.json({ sessionIds: [newId()] }, { status: 201 }),
  };
}
