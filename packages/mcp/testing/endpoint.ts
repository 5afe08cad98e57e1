import { MeshError, silentTelemetry, type Telemetry } from '@devmesh/foundation';
import { createMcpEndpoint, type McpEndpoint } from '../endpoint.ts';
import type { InputRequired, RequestContext, ResourceHandlers, ToolHandlers } from '../handlers.ts';
import type { Params } from '../message.ts';
import type { Session } from '../session.ts';
import { createGate, type Gate } from './gate.ts';

/** Who the clients of the tests are. */
export interface Caller {
  readonly key: string;
}

/** A small endpoint with real tools; its tool `wait` stands at the gate. */
export interface TestEndpoint extends Gate {
  readonly endpoint: McpEndpoint<Caller>;
  /** The names of sessions' clients, as they were opened and closed. */
  readonly log: string[];
}

type Answer = string | InputRequired;
type Run = (given: Params, context: RequestContext, session: Session<Caller>) => Promise<Answer> | Answer;

/** Creates the endpoint. */
export function createTestEndpoint(telemetry: Telemetry = silentTelemetry): TestEndpoint {
  const log: string[] = [];
  const gate = createGate();
  const endpoint = createMcpEndpoint<Caller>({
    info: { name: 'test', version: '1.0.0' },
    instructions: 'Add things.',
    telemetry,
    ownerOf: ({ key }) => key,
    ownNotifications: { 'test/rang': 'notifications/test/rang' },
    maximumPendingPerSession: 4,
    handlers: {
      tools: toolHandlers({ add, wait: (_given, context) => gate.pass(context), count, crash, whoami, greet, form }),
      resources,
      opened: ({ clientInfo }) => {
        log.push(`opened ${clientInfo.name}`);
      },
      closed: ({ clientInfo }) => {
        log.push(`closed ${clientInfo.name}`);
      },
    },
  });
  return { ...gate, endpoint, log };
}

const add: Run = ({ a, b }) => String(Number(a) + Number(b));

const whoami: Run = (_given, _context, { principal }) => principal.key;

const count: Run = (_given, { progress }) => {
  for (const step of [1, 2, 3]) progress({ progress: step, total: 3, message: `step ${String(step)}` });
  return 'counted';
};

const question = (message: string) => ({
  message,
  requestedSchema: { type: 'object', properties: { text: { type: 'string' } } },
});

const textOf = (answer: Params | undefined): string => String((answer?.['content'] as Params | undefined)?.['text']);

/** Asks twice while it runs, and says so on the way. */
const greet: Run = async (_given, { ask, progress, notify }) => {
  const name = textOf(await ask('elicitation/create', question('Who?')));
  progress({ progress: 1 });
  notify('notifications/message', { level: 'info', data: 'half' });
  return `${name} of ${textOf(await ask('elicitation/create', question('Where from?')))}`;
};

/** Lets the client try again with an answer, and keeps nothing itself. */
const form: Run = (_given, { inputResponses, requestState }) => {
  if (inputResponses['name'] !== undefined) return `${textOf(inputResponses['name'])} ${requestState ?? ''}`;
  const params = question('Who?');
  return {
    resultType: 'input_required',
    inputRequests: { name: { method: 'elicitation/create', params } },
    requestState: 'first',
  };
};

const crash: Run = () => {
  throw new Error('the password is hunter2');
};

function toolHandlers(runs: Readonly<Record<string, Run>>): ToolHandlers<Caller> {
  const tools = Object.keys(runs).map((name) => ({ name, inputSchema: { type: 'object' } as const }));
  return {
    list: async (_session, { cursor }) =>
      cursor === undefined ? { tools: tools.slice(0, 3), nextCursor: 'rest' } : { tools: tools.slice(3) },
    call: async (session, { name, arguments: given }, context) => {
      const run = runs[name];
      if (run === undefined) throw new MeshError('not_found', `There is no tool ${name}.`);
      const answer = await run(given, context, session);
      return typeof answer === 'string' ? { content: [{ type: 'text', text: answer }] } : answer;
    },
  };
}

const uri = 'test://clock';

function mustExist(asked: string): void {
  if (asked !== uri) throw new MeshError('not_found', `There is no resource ${asked}.`);
}

const resources: ResourceHandlers<Caller> = {
  list: async () => ({ resources: [{ uri, name: 'clock' }] }),
  read: async (_session, asked) => {
    mustExist(asked.uri);
    return { contents: [{ uri, mimeType: 'text/plain', text: 'noon' }] };
  },
  subscribe: async (_session, asked) => {
    mustExist(asked.uri);
  },
};

/** Takes any key that starts with `good`. */
export function callerOf(authorization: string | null | undefined): Caller {
  const key = /^Bearer (good.*)$/.exec(authorization ?? '')?.[1];
  if (key === undefined) throw new MeshError('unauthenticated', 'The key is missing or wrong.');
  return { key };
}
