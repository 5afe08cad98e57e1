import { version } from '@devmesh/foundation';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';

/** A task as the notification brings it. */
interface AssignedTask {
  readonly taskId: string;
  readonly title: string;
  readonly fence: number;
}

/** An agent as the official MCP client makes it: connected over WebSocket, told of its tasks by notification. */
export interface DemoAgent extends McpConnection {
  /** The tasks it was told of so far. */
  readonly assigned: readonly AssignedTask[];
}

/** Connects an agent with its key. */
export async function connectAgent(edgeUrl: string, key: string): Promise<DemoAgent> {
  const assigned: AssignedTask[] = [];
  const connection = await connectMcp({
    url: `${edgeUrl.replace(/^http/u, 'ws')}/ws`,
    key,
    name: 'demo-agent',
    version,
    prepare: (client) => {
      client.fallbackNotificationHandler = (notification) => {
        if (notification.method === 'notifications/devmesh/task.assigned') {
          assigned.push(notification.params as unknown as AssignedTask);
        }
        return Promise.resolve();
      };
    },
  });
  return { ...connection, assigned };
}
