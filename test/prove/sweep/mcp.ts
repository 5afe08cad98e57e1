import { platformTools } from '@devmesh/api';
import { newId, version } from '@devmesh/foundation';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import type { Schema } from './document.ts';
import { exampleOf } from './example.ts';
import { exampleFor, refuseMarks, type Sweeping } from './operations.ts';
import { inSchema, type Place } from './places.ts';
import { plain, writings, type Spelling } from './spellings.ts';
import { tableOf } from './things.ts';

interface McpTool {
  readonly name: string;
  readonly operation: string;
  readonly schema: Schema;
}

/** Asks every tool and every resource as B for what A has, over both transports; returns how many of each there were. */
export async function sweepMcp(sweeping: Sweeping): Promise<{ readonly tools: number; readonly resources: number }> {
  const { edgeUrl, b } = sweeping.instance;
  if (edgeUrl === undefined) return { tools: 0, resources: 0 };
  let swept = { tools: 0, resources: 0 };
  for (const url of [`${edgeUrl}/mcp`, `${edgeUrl.replace(/^http/u, 'ws')}/ws`]) {
    const connection = await connectMcp({ url, key: b.key, name: 'prove', version });
    try {
      const tools = await sweepTools(sweeping, connection);
      swept = { tools, resources: await sweepResources(sweeping, connection) };
    } finally {
      await connection.close();
    }
  }
  return swept;
}

async function sweepTools(sweeping: Sweeping, connection: McpConnection): Promise<number> {
  const tools = await listTools(sweeping, connection);
  for (const tool of tools) await sweepTool(sweeping, connection, tool);
  const own = new Set(sweeping.b.ids.get('tool_operations'));
  const foreign = (sweeping.a.ids.get('tool_operations') ?? []).find((name) => !own.has(name));
  if (foreign !== undefined) {
    const random = `zz${foreign.slice(2)}`;
    compare(sweeping, 'a tool of A', {
      foreign: await call(connection, foreign, {}),
      random: await call(connection, random, {}),
      ids: [foreign, random],
    });
  }
  return tools.length;
}

/** Our own tools; those of imported services are called by name alone. */
async function listTools(sweeping: Sweeping, { client }: McpConnection): Promise<readonly McpTool[]> {
  const { tools } = await client.listTools();
  refuseMarks(sweeping, 'the list of tools', { headers: {}, text: JSON.stringify(tools) }, []);
  return tools.flatMap(({ name, inputSchema }) => {
    const known = platformTools.find((tool) => tool.name === name || tool.name.replaceAll('.', '_') === name);
    return known === undefined ? [] : [{ name, operation: known.operation.id, schema: inputSchema as Schema }];
  });
}

async function sweepTool(sweeping: Sweeping, connection: McpConnection, tool: McpTool): Promise<void> {
  const { a, b, findings } = sweeping;
  const example = exampleFor(sweeping, { id: tool.operation }, b);
  const places = inSchema(tool.schema, 'arguments', []);
  if (!places.some(({ steps }) => steps.length === 1)) {
    const answer = await call(connection, tool.name, exampleOf(tool.schema, example, 'arguments'));
    refuseMarks(sweeping, `the tool ${tool.name}`, { headers: {}, text: answer }, []);
  }
  for (const place of places) {
    const id = a.ids.get(tableOf(tool.operation, place.field, a.ids.keys()) ?? '')?.[0];
    if (id === undefined) {
      findings.problems.push(
        `the tool ${tool.name}: nothing of A is known for ${place.field}; say in things.ts what it names`,
      );
      continue;
    }
    for (const spelling of [plain, ...sweeping.spellings])
      await compareCalls(sweeping, connection, { tool, place, id, spelling });
  }
  findings.swept.add(`tool ${tool.name}`);
}

interface Calls {
  readonly tool: McpTool;
  readonly place: Omit<Place, 'part'>;
  readonly id: string;
  readonly spelling: Spelling;
}

async function compareCalls(
  sweeping: Sweeping,
  connection: McpConnection,
  { tool, place, id, spelling }: Calls,
): Promise<void> {
  const example = exampleFor(sweeping, { id: tool.operation }, sweeping.b);
  const other = newId();
  const ask = (value: string) =>
    call(connection, tool.name, exampleOf(tool.schema, example, 'arguments', { steps: place.steps, value }));
  const random = await ask(spelling.spell(other));
  const foreign = await ask(spelling.spell(id));
  const where = `the tool ${tool.name} with a foreign ${place.field} ${spelling.name}`;
  compare(sweeping, where, { foreign, random, ids: [spelling.spell(id), spelling.spell(other)] });
}

interface Compared {
  readonly foreign: string;
  readonly random: string;
  readonly ids: readonly [foreign: string, random: string];
}

function compare(sweeping: Sweeping, where: string, { foreign, random, ids }: Compared): void {
  sweeping.findings.requests += 2;
  const bare = (text: string, id: string): string =>
    writings(id, id)
      .reduce((rest, written) => rest.replaceAll(written, '<id>'), text)
      .replaceAll(/[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/gu, '<made>');
  if (bare(foreign, ids[0]) !== bare(random, ids[1])) {
    sweeping.findings.problems.push(
      `${where} answers ${foreign.slice(0, 160)}, with a random one ${random.slice(0, 160)}`,
    );
  }
  refuseMarks(sweeping, where, { headers: {}, text: foreign }, writings(ids[0], ids[0]));
}

async function call({ client }: McpConnection, name: string, args: unknown): Promise<string> {
  return told(() => client.callTool({ name, arguments: args as Record<string, unknown> }));
}

/** The answer, or the error, as text. */
async function told(work: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await work());
  } catch (error) {
    const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
    return JSON.stringify({ code, message, data });
  }
}

async function sweepResources(sweeping: Sweeping, { client }: McpConnection): Promise<number> {
  const { resources } = await client.listResources();
  const { resourceTemplates } = await client.listResourceTemplates();
  refuseMarks(
    sweeping,
    'the list of resources',
    { headers: {}, text: JSON.stringify([resources, resourceTemplates]) },
    [],
  );
  for (const { uri } of resources) {
    refuseMarks(sweeping, uri, { headers: {}, text: await told(() => client.readResource({ uri })) }, []);
    sweeping.findings.swept.add(`resource ${uri.split('/')[2] ?? uri}`);
  }
  for (const { uriTemplate } of resourceTemplates) await sweepTemplate(sweeping, client, uriTemplate);
  return resources.length + resourceTemplates.length;
}

async function sweepTemplate(sweeping: Sweeping, client: McpConnection['client'], template: string): Promise<void> {
  const { a, findings } = sweeping;
  for (const [hole, field = ''] of template.matchAll(/\{(\w+)\}/gu)) {
    const id = a.ids.get(tableOf('resource', field, a.ids.keys()) ?? '')?.[0];
    if (id === undefined) {
      findings.problems.push(
        `the resource ${template}: nothing of A is known for ${field}; say in things.ts what it names`,
      );
      continue;
    }
    for (const spelling of [plain, ...sweeping.spellings]) {
      const ids = [spelling.spell(id), spelling.spell(newId())] as const;
      const [foreign, random] = ids.map((given) => template.replace(hole, given));
      if (foreign === undefined || random === undefined) continue;
      for (const verb of ['readResource', 'subscribeResource'] as const) {
        compare(sweeping, `${verb} of ${foreign}`, {
          foreign: await told(() => client[verb]({ uri: foreign })),
          random: await told(() => client[verb]({ uri: random })),
          ids,
        });
      }
    }
  }
}
