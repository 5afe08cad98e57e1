import { inputRequired, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

const requestedSchema = z.object({ name: z.string() });
/** Characters that would not survive being decoded, cleaned or trimmed. */
export const firstState = ' {"round":1} \u00e9 +/=';

interface Answers {
  readonly [key: string]: { readonly content?: { readonly name?: string } } | undefined;
}

const ask = (message: string) => inputRequired.elicit({ message, requestedSchema });

/** Asks for a name, then for another, and hangs both on the state that it gives away; what was said, or what to ask next. */
function twice({ mcpReq }: ServerContext) {
  const state = mcpReq.requestState<string>();
  const answers = (mcpReq.inputResponses ?? {}) as Answers;
  const said = answers['who']?.content?.name;
  if (state === undefined)
    return inputRequired({ inputRequests: { who: ask('Who are you?') }, requestState: firstState });
  if (state === firstState) {
    return inputRequired({
      inputRequests: { who: ask('And who else?') },
      requestState: `${firstState}${String(said)}`,
    });
  }
  return `${state.slice(firstState.length)} and ${String(said)}`;
}

function mine(state: string): string {
  if (state === 'later' || state.startsWith(firstState)) return state;
  throw new Error('That state is not mine.');
}

/** Arguments that callers over HTTP repeat in headers. */
const repeated = z.object({
  region: z.string().meta({ 'x-mcp-header': 'Region' }),
  at: z.object({ day: z.int().meta({ 'x-mcp-header': 'Day' }) }).optional(),
});

/** A server of 2026-07-28 that asks in tools, prompts and resources. */
export function askingServer(): McpServer {
  const server = new McpServer(
    { name: 'asking', version: '1' },
    { capabilities: {}, requestState: { verify: (state) => mine(state) } },
  );
  server.registerTool('twice', {}, (context) => {
    const said = twice(context);
    return typeof said === 'string' ? { content: [{ type: 'text', text: said }] } : said;
  });
  server.registerTool('later', {}, ({ mcpReq }) => {
    if (mcpReq.requestState<string>() === undefined) return inputRequired({ requestState: 'later' });
    return { content: [{ type: 'text', text: 'now' }] };
  });
  server.registerTool('can', {}, async ({ mcpReq }) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const declared = (mcpReq.envelope as Readonly<Record<string, unknown>>)[
      'io.modelcontextprotocol/clientCapabilities'
    ];
    return { content: [{ type: 'text', text: JSON.stringify(declared) }] };
  });
  server.registerTool('where', { inputSchema: repeated }, ({ region, at }) => ({
    content: [{ type: 'text', text: `${region} ${String(at?.day)}` }],
  }));
  server.registerTool('needs', {}, () =>
    inputRequired({ inputRequests: { word: inputRequired.createMessage({ messages: [], maxTokens: 1 }) } }),
  );
  server.registerPrompt('who', { argsSchema: z.object({ tone: z.string() }) }, ({ tone }, context) => {
    const said = twice(context);
    if (typeof said !== 'string') return said;
    return { messages: [{ role: 'user', content: { type: 'text', text: `${tone}: ${said}` } }] };
  });
  server.registerResource('who', 'memo://who', {}, (uri, context) => {
    const said = twice(context);
    return typeof said === 'string' ? { contents: [{ uri: uri.href, text: said }] } : said;
  });
  return server;
}
