import { MeshError, version } from '@devmesh/foundation';
import { connectMcp } from '@devmesh/mcp/client';
import { demoToken } from '@devmesh/mockserver';
import type { Demo } from './demo.ts';
import { waitFor } from './wait.ts';

/** Registers an organization over the API; its admin key. */
export function registerOrganization({ steps, clientOf }: Demo): Promise<string> {
  return steps.run('Register an organization', async (say) => {
    const slug = `demo-${Date.now().toString(36)}`;
    const { organization, adminKey } = await clientOf().identity.registerOrganization({ body: { slug, name: 'Demo' } });
    say(`${organization.slug} (${organization.id}), admin key ${adminKey.key.prefix}…`);
    return adminKey.token;
  });
}

/** Imports the OpenAPI document that the mock server serves, with a credential. */
export function importTool({ steps, mesh, clientOf }: Demo, key: string): Promise<void> {
  return steps.run("Import a service's OpenAPI document: its operations become tools", async (say) => {
    const { tool, skipped } = await clientOf(key).tools.importTool({
      body: {
        name: 'acme',
        url: `${mesh.mockUrl}/openapi.json`,
        credential: { kind: 'bearer', token: demoToken },
      },
    });
    say(`${tool.title} ${tool.version}: ${String(tool.operationCount)} tools, ${String(skipped.length)} skipped`);
    say('its credential is stored encrypted under a key of the organization');
  });
}

/** Lists and calls an imported tool as any MCP client does. */
export function callToolAsClient({ steps, mesh }: Demo, key: string): Promise<void> {
  return steps.run('List and call the tools with the official MCP client, over WebSocket', async (say) => {
    const url = `${mesh.edgeUrl.replace(/^http/u, 'ws')}/ws`;
    const { client, close } = await connectMcp({ url, key, name: 'devmesh-demo', version });
    try {
      const { tools } = await client.listTools();
      const tool = tools.find(({ name }) => name.startsWith('acme_') && /issues$/iu.test(name) && /list/iu.test(name));
      if (tool === undefined) throw new MeshError('not_found', 'The tool that lists issues is not offered.');
      say(
        `${String(tools.length)} tools, for example ${tools
          .slice(0, 3)
          .map(({ name }) => name)
          .join(', ')}`,
      );
      const traceparent = mesh.platform.telemetry.tracer.traceparent();
      const meta = traceparent === undefined ? {} : { _meta: { traceparent } };
      const result = await client.callTool({ name: tool.name, arguments: { limit: 3 }, ...meta });
      if (result.isError === true) throw new MeshError('upstream_failed', JSON.stringify(result.content));
      say(`${tool.name} answered: ${JSON.stringify(result.structuredContent).slice(0, 110)}…`);
    } finally {
      await close();
    }
  });
}

/** Indexes the repository and asks a question about its code. */
export function askAboutCode({ steps, repository, question, clientOf, watcherOf }: Demo, key: string): Promise<void> {
  return steps.run('Index this git repository and ask about its code', async (say, progress) => {
    const client = clientOf(key);
    const { id } = await client.knowledge.addRepository({ body: { name: 'demo', path: repository } });
    const indexed = await waitFor(
      async () => {
        const { items } = await watcherOf(key).knowledge.listRepositories({ query: {} });
        const found = items.find((item) => item.id === id);
        if (found?.status === 'failed') throw new MeshError('internal', `Indexing failed: ${found.error ?? ''}`);
        progress(bar(found?.progress ?? 0));
        return found?.status === 'ready' ? found : undefined;
      },
      { what: 'Indexing', timeoutMilliseconds: 600_000 },
    );
    say(
      `${String(indexed.fileCount)} files, ${String(indexed.chunkCount)} chunks at ${indexed.commit?.slice(0, 10) ?? ''}`,
    );
    const { outcome, hits } = await client.knowledge.search({ body: { query: question, limit: 3 } });
    if (outcome !== 'matches') throw new MeshError('not_found', `The search answered ${outcome}.`);
    say(`“${question}”`);
    for (const hit of hits) {
      say(`${hit.path}:${String(hit.startLine)}-${String(hit.endLine)} @${hit.commit.slice(0, 10)}  ${hit.heading}`);
    }
  });
}

const barWidth = 24;

function bar(share: number): string {
  const full = Math.round(share * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${String(Math.round(share * 100))} %`;
}
