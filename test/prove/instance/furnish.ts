import { createHmac } from 'node:crypto';
import { createClient, type Client } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import type { Instance } from './instance.ts';

const webhookSecret = 'the-same-secret-of-both-parties';

/** A text that stands in things of one organization and nowhere else. */
export interface Furnished {
  readonly canary: string;
  readonly sessionIds: readonly string[];
  readonly runIds: readonly string[];
}

/** Gives an organization one of everything over the API, under the same names as the other one. */
export async function furnish(instance: Instance, whose: 'a' | 'b'): Promise<Furnished> {
  const party = instance[whose];
  const client = createClient({ baseUrl: instance.apiUrl, key: party.key });
  const canary = `canary-${newId()}`;
  const agent = await client.agents.createAgent({
    body: { name: 'builder', description: canary, capabilities: ['code'] },
  });
  await client.identity.createKey({ body: { name: 'builder', type: 'agent', agentId: agent.id } });
  await client.tasks.createTask({ body: { title: canary, capability: 'review' } });
  await client.tasks.createTask({ body: { title: canary, capability: 'code' } });
  await client.notifications.create({ body: { title: canary, text: canary } });
  await client.limits.set({ params: { scope: 'capability', subject: 'review' }, body: { limit: 1_000_000 } });
  await client.automation.createRule({
    body: { name: 'remember', events: ['push'], action: { type: 'store' } },
  });
  await nameWhoMay(client);
  await receiveWebhook(instance, client, canary);
  await importAndIndex(instance, client);
  if (whose === 'a') await importMore(instance, client);
  await leaveAlone(client);
  const { sessionIds } = await client.sessions.open({
    body: {
      sessions: [{ clientName: canary, clientVersion: '1', protocolVersion: '1', transport: 'http', gateway: 'g' }],
    },
  });
  const { runId } = await client.commands.start({
    body: { command: 'ls', effect: 'read', gateway: 'g', args: [canary], cwd: '/', isolation: 'sandbox' },
  });
  return { canary, sessionIds, runIds: [runId] };
}

/** People, what they may do, and whose accounts may be connected. */
async function nameWhoMay(client: Client): Promise<void> {
  await client.policy.set({
    body: { text: '@id("everything")\npermit(principal, action, resource);', expectedRevision: 0 },
  });
  await client.users.invite({ body: { email: 'somebody@example.org', role: 'developer' } });
  const registered = { name: 'github', preset: 'github', clientId: 'the-same', clientSecret: 'the-same' } as const;
  await client.connections.addProvider({ body: registered });
}

async function receiveWebhook({ apiUrl }: Instance, client: Client, canary: string): Promise<void> {
  const { source } = await client.webhooks.createSource({
    body: { name: 'github', kind: 'github', secret: webhookSecret },
  });
  const body = JSON.stringify({ ref: canary });
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  const response = await fetch(new URL(source.path, apiUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      // The same id in both organizations: what one has seen is new to the other.
      'x-github-delivery': 'the-same-delivery',
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  });
  if (response.status !== 202) throw new Error(`the webhook was answered with ${String(response.status)}`);
}

/** Tools under names that nobody else has. */
async function importMore({ mockUrl }: Instance, client: Client): Promise<void> {
  if (mockUrl === undefined) return;
  await client.tools.importTool({ body: { name: 'only', url: `${mockUrl}/openapi.json` } });
}

async function importAndIndex({ mockUrl, repository }: Instance, client: Client): Promise<void> {
  if (mockUrl !== undefined) {
    const credential = { kind: 'bearer' as const, token: 'a-token-of-somebody' };
    await client.tools.importTool({ body: { name: 'acme', url: `${mockUrl}/openapi.json`, credential } });
    await client.endpoints.create({ body: { url: `${mockUrl}/receivers/prove`, eventTypes: ['endpoint.disabled'] } });
  }
  if (repository !== undefined) await client.knowledge.addRepository({ body: { name: 'code', path: repository } });
}

/** So that no worker looks at a service or its document again by itself; what checks before this one added is meant too. */
async function leaveAlone(client: Client): Promise<void> {
  const { items } = await client.tools.listTools({ query: { limit: 200 } });
  for (const { id } of items) {
    await client.tools.probeTool({ params: { toolId: id } });
    await client.tools.setRefresh({ params: { toolId: id }, body: { intervalMinutes: 0 } });
  }
}
