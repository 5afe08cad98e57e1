import { createClient, type Client } from '@devmesh/api';
import { MeshError, newId } from '@devmesh/foundation';
import { unless } from './engines.ts';
import type { Instance } from '../instance/instance.ts';

export interface Clients {
  readonly a: Client;
  readonly b: Client;
  readonly instance: Instance;
}

/** Two organizations that do the same under the same names over the API; the sentences tell what one notices of the other. */
export type FeatureScenario = (clients: Clients) => Promise<readonly string[]>;

/** A client of each organization. */
export function clientsOf(instance: Instance): Clients {
  const clientOf = (key: string): Client => createClient({ baseUrl: instance.apiUrl, key });
  return { a: clientOf(instance.a.key), b: clientOf(instance.b.key), instance };
}

/** What features keep apart by themselves: in memory, in vectors, in what they count. */
export const featureScenarios: Readonly<Record<string, FeatureScenario>> = {
  notifications: async ({ a, b }) => {
    const { id } = await a.notifications.create({ body: { title: `only-a-${newId()}` } });
    await codeOf(() => b.notifications.markRead({ body: { ids: [id] } }));
    const ofA = await a.notifications.list({ query: { limit: 200 } });
    const ofB = await b.notifications.list({ query: { limit: 200 } });
    const own = ofA.items.find((notice) => notice.id === id);
    return [
      ...unless(own !== undefined && own.readAt === undefined, "B marks A's notice as read"),
      ...unless(!ofB.items.some((notice) => notice.id === id), "B is shown A's notice"),
    ];
  },
  'limits of capabilities': async ({ a, b }) => {
    const subject = `proved-${newId().slice(-8)}`;
    const body = { title: 'the same', capability: subject };
    await a.limits.set({ params: { scope: 'capability', subject }, body: { limit: 1 } });
    const ofA = [await codeOf(() => a.tasks.createTask({ body })), await codeOf(() => a.tasks.createTask({ body }))];
    const ofB = [await codeOf(() => b.tasks.createTask({ body })), await codeOf(() => b.tasks.createTask({ body }))];
    await a.limits.delete({ params: { scope: 'capability', subject } });
    return [
      ...unless(ofA.join() === ',rate_limited', 'a limit of A does not hold, so nothing is proved'),
      ...unless(ofB.join() === ',', 'a limit of A refuses B'),
    ];
  },
  breakers: async ({ a, b }) => {
    const name = `dead_${newId().slice(-8)}`;
    const tool = await Promise.all([a, b].map((client) => importDead(client, name)));
    const called = tool[0];
    if (called === undefined) return ['no tool was made of the document, so nothing is proved'];
    const call = (client: Client) => codeOf(() => client.tools.callTool({ params: { name: called }, body: {} }));
    const ofA: (string | undefined)[] = [];
    for (let times = 0; times < 8; times += 1) ofA.push(await call(a));
    const ofB = await call(b);
    return [
      ...unless(ofA.at(-1) === 'unavailable', `A's calls never opened a breaker but gave ${String(ofA.at(-1))}`),
      ...unless(ofB !== 'unavailable', "A's failed calls open the breaker of B"),
    ];
  },
  search: async ({ a, b, instance }) => {
    const { secretRepository } = instance;
    if (secretRepository === undefined) return [];
    await a.knowledge.addRepository({ body: { name: `secret-${newId().slice(-8)}`, path: secretRepository.folder } });
    const ask = async (client: Client) =>
      JSON.stringify((await client.knowledge.search({ body: { query: secretRepository.words, limit: 20 } })).hits);
    const deadline = Date.now() + 30_000;
    while (!(await ask(a)).includes(secretRepository.words) && Date.now() < deadline) await pause();
    return [
      ...unless((await ask(a)).includes(secretRepository.words), 'A does not find its own code, so nothing is proved'),
      ...unless(!(await ask(b)).includes(secretRepository.words), "B finds A's code"),
    ];
  },
};

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof MeshError) return error.code;
    throw error;
  }
}

/** A service that nobody runs: every call of its one operation fails to connect. */
async function importDead(client: Client, name: string): Promise<string | undefined> {
  const document = {
    openapi: '3.1.0',
    info: { title: name, version: '1' },
    servers: [{ url: 'http://127.0.0.1:9' }],
    paths: { '/nothing': { post: { operationId: 'nothing', responses: { 200: { description: 'never' } } } } },
  };
  await client.tools.importTool({ body: { name, document: JSON.stringify(document) } });
  const { items } = await client.tools.catalogue({ query: { limit: 200 } });
  return items.find((tool) => tool.name.startsWith(name))?.name;
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 250);
  });
}
