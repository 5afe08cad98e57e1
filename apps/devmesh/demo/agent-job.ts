import { randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { connectAgent, type DemoAgent } from './agent.ts';
import type { Demo } from './demo.ts';
import { waitFor } from './wait.ts';

const capability = 'code-review';

/** Declares an agent, gives it a key, and connects it over MCP. */
export function prepareAgent({ steps, mesh, clientOf, watcherOf }: Demo, key: string): Promise<DemoAgent> {
  return steps.run('Connect an agent that can review code, over MCP', async (say) => {
    const client = clientOf(key);
    const { id, name } = await client.agents.createAgent({ body: { name: 'reviewer', capabilities: [capability] } });
    const { token } = await client.identity.createKey({ body: { name: 'reviewer', type: 'agent', agentId: id } });
    const agent = await connectAgent(mesh.edgeUrl, token);
    await waitFor(
      async () => {
        const { items } = await watcherOf(key).agents.listAgents({ query: {} });
        return items.find((item) => item.id === id && item.status === 'online');
      },
      { what: 'The agent coming online', timeoutMilliseconds: 10_000 },
    );
    say(`${name} (${id}) is online`);
    return agent;
  });
}

interface Caused {
  readonly taskId: string;
  readonly traceId: string | undefined;
}

/** Lets the mock server send a signed GitHub push, and waits until the worker has turned it into a task. */
export function sendWebhook({ steps, mesh, clientOf, watcherOf }: Demo, key: string): Promise<Caused> {
  return steps.run('Receive a signed GitHub push; the worker turns it into a task', async (say) => {
    const client = clientOf(key);
    const secret = randomBytes(24).toString('hex');
    const action = { type: 'task' as const, title: 'Review the push to {repository.full_name}', capability };
    const rules = [{ events: ['push'], action }];
    const { source } = await client.webhooks.createSource({ body: { name: 'github', kind: 'github', secret, rules } });
    const delivery = await send(mesh.mockUrl, { url: `${mesh.apiUrl}${source.path}`, secret });
    say(`acknowledged with ${String(delivery.status)}, delivery ${delivery.deliveryId}`);
    const event = await waitFor(
      async () => {
        const { items } = await watcherOf(key).webhooks.listEvents({ query: {} });
        return items.find((item) => item.deliveryId === delivery.deliveryId && item.taskId !== undefined);
      },
      { what: 'Processing the webhook', timeoutMilliseconds: 20_000 },
    );
    if (event.taskId === undefined) throw new MeshError('internal', 'The webhook caused no task.');
    say(`processed; it caused task ${event.taskId}`);
    return { taskId: event.taskId, traceId: event.traceId };
  });
}

interface Delivery {
  readonly status: number;
  readonly deliveryId: string;
}

async function send(mockUrl: string, target: { url: string; secret: string }): Promise<Delivery> {
  const response = await fetch(`${mockUrl}/_control/webhooks/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'github', event: 'push', ...target }),
  });
  const delivery = (await response.json()) as Delivery;
  if (!response.ok || delivery.status !== 202) {
    throw new MeshError('upstream_failed', `The webhook was answered with ${JSON.stringify(delivery)}.`);
  }
  return delivery;
}

interface Completion {
  readonly key: string;
  readonly agent: DemoAgent;
  readonly taskId: string;
}

/** Waits until the agent is told of the task by notification, and lets it complete it by an MCP tool. */
export function completeTask({ steps, mesh, clientOf }: Demo, { key, agent, taskId }: Completion): Promise<void> {
  return steps.run('The agent is notified of the task and completes it', async (say) => {
    const assigned = await waitFor(() => agent.assigned.find((task) => task.taskId === taskId), {
      what: 'The notification of the task',
      timeoutMilliseconds: 20_000,
    });
    say(`notified: “${assigned.title}”, fence ${String(assigned.fence)}`);
    const traceparent = mesh.platform.telemetry.tracer.traceparent();
    const result = await agent.client.callTool({
      name: 'devmesh.task.complete',
      arguments: { taskId, fence: assigned.fence, result: { verdict: 'looks good' } },
      ...(traceparent === undefined ? {} : { _meta: { traceparent } }),
    });
    if (result.isError === true) throw new MeshError('upstream_failed', JSON.stringify(result.content));
    const task = await clientOf(key).tasks.getTask({ params: { taskId } });
    if (task.status !== 'completed') throw new MeshError('invalid_state', `The task is ${task.status}.`);
    say(`completed: ${JSON.stringify(task.result)}`);
  });
}
