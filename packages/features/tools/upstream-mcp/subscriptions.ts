import type { McpSubscription } from '@modelcontextprotocol/client';
import type { UpstreamConnection } from './connection.ts';
import { createDeferred } from './deferred.ts';

/** What a server is asked to tell. */
export interface Subscriptions {
  /** Subscribes to just these. */
  follow(uris: readonly string[]): Promise<void>;
  /** Resolves when the server has ended the stream by which it tells. */
  readonly broke: Promise<void>;
  end(): Promise<void>;
}

/** Asks a server in the way of its revision. */
export function createSubscriptions(connection: UpstreamConnection): Subscriptions {
  const { client, modern, capabilities } = connection;
  const broke = createDeferred<void>();
  let current: readonly string[] | undefined;
  let stream: McpSubscription | undefined;
  const watch = async (opened: McpSubscription): Promise<void> => {
    if ((await opened.closed) !== 'local' && stream === opened) broke.resolve();
  };
  const listen = async (uris: readonly string[]): Promise<void> => {
    const before = stream;
    const opened = await client.listen(
      {
        ...(capabilities.tools?.listChanged === true ? { toolsListChanged: true } : {}),
        ...(capabilities.prompts?.listChanged === true ? { promptsListChanged: true } : {}),
        ...(capabilities.resources?.listChanged === true ? { resourcesListChanged: true } : {}),
        ...(uris.length > 0 ? { resourceSubscriptions: [...uris] } : {}),
      },
      { timeout: 15_000 },
    );
    stream = opened;
    void watch(opened);
    await before?.close();
  };
  const subscribe = async (uris: readonly string[]): Promise<void> => {
    const before = new Set(current);
    const wanted = new Set(uris);
    for (const uri of wanted) if (!before.has(uri)) await client.subscribeResource({ uri }, { timeout: 15_000 });
    for (const uri of before) if (!wanted.has(uri)) await client.unsubscribeResource({ uri }, { timeout: 15_000 });
  };
  return {
    broke: broke.promise,
    follow: async (uris) => {
      if (current !== undefined && current.join('\n') === uris.join('\n')) return;
      if (modern) await listen(uris);
      else await subscribe(uris);
      current = uris;
    },
    end: async () => {
      await stream?.close().catch(() => undefined);
    },
  };
}
