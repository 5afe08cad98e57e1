import { isRecord, type RequestId } from '../message.ts';

/** A JSON-RPC message as it came. */
export type Json = Readonly<Record<string, unknown>>;

/** What is to be done once a session is lost. */
interface Loss {
  /** For the client: the questions of that session are taken back. */
  readonly takenBack: readonly Json[];
  /** Requests that only read, for the next session. */
  readonly repeat: readonly Json[];
  /** Requests of which nobody knows whether they were done. */
  readonly failed: readonly RequestId[];
}

/** What a client has begun a session with. */
interface Greeting {
  readonly initialize: Json;
  /** The revision that was agreed on. */
  readonly version: unknown;
  /** What the client set afterwards, in order, each a request or a notification. */
  readonly more: readonly Json[];
}

/** What has to be known of the messages between one client and one server to begin another session in the middle of them. */
export interface Conversation {
  /** Requests of the client that wait for their answers. */
  readonly waiting: ReadonlyMap<RequestId, Json>;
  /** How the client began; undefined where it did not, as clients without sessions do. */
  readonly greeting: Greeting | undefined;
  /** Notes a message of the client; as it goes to the server, or undefined where the server does not wait for it any more. */
  fromClient(message: Json): Json | undefined;
  /** Notes a message of the server; as it goes to the client. */
  fromServer(message: Json): Json;
  /** Forgets a request: it was answered otherwise. */
  forget(id: RequestId): void;
  /** The session is over. */
  lose(): Loss;
}

const reading: ReadonlySet<unknown> = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'subscriptions/listen',
]);

/** Begins without anything said. */
export function createConversation(): Conversation {
  const waiting = new Map<RequestId, Json>();
  // What the server asked, by the ids under which the client knows it: another session counts its own from the beginning.
  const asked = new Map<string, RequestId>();
  const settings = createSettings();
  let sessions = 0;
  const nameOf = (id: RequestId): string => `${String(sessions)}-${String(id)}`;

  return {
    waiting,
    get greeting() {
      return settings.greeting();
    },
    fromClient: (message) => {
      const { id, method } = message;
      if (method === undefined) {
        const question = asked.get(String(id));
        asked.delete(String(id));
        return question === undefined ? undefined : { ...message, id: question };
      }
      if (isId(id)) waiting.set(id, message);
      else if (method === 'notifications/initialized') settings.initialized(message);
      else if (method === 'notifications/cancelled') waiting.delete(paramsOf(message)['requestId'] as RequestId);
      return message;
    },
    fromServer: (message) => {
      const { id, method, result } = message;
      if (method === undefined) {
        if (!isId(id)) return message;
        const request = waiting.get(id);
        waiting.delete(id);
        if (request !== undefined && isRecord(result)) settings.answered(request, result);
        return message;
      }
      if (isId(id)) {
        asked.set(nameOf(id), id);
        return { ...message, id: nameOf(id) };
      }
      const params = paramsOf(message);
      const taken = params['requestId'];
      if (method !== 'notifications/cancelled' || !isId(taken) || !asked.delete(nameOf(taken))) return message;
      return { ...message, params: { ...params, requestId: nameOf(taken) } };
    },
    forget: (id) => {
      waiting.delete(id);
    },
    lose: () => {
      const takenBack = [...asked.keys()].map(takeBack);
      asked.clear();
      sessions += 1;
      const failed = [...waiting].filter(([, { method }]) => !reading.has(method)).map(([id]) => id);
      for (const id of failed) waiting.delete(id);
      return { takenBack, repeat: [...waiting.values()], failed };
    },
  };
}

function takeBack(requestId: string): Json {
  const params = { requestId, reason: 'The session with the server was lost.' };
  return { jsonrpc: '2.0', method: 'notifications/cancelled', params };
}

/** Remembers what a client has set in its session. */
function createSettings() {
  const subscriptions = new Map<unknown, Json>();
  let begun: Pick<Greeting, 'initialize' | 'version'> | undefined;
  let initialized: Json | undefined;
  let level: Json | undefined;
  return {
    initialized: (message: Json): void => {
      initialized = message;
    },
    answered: (request: Json, result: Json): void => {
      const { method } = request;
      const { uri } = paramsOf(request);
      if (method === 'initialize') begun = { initialize: request, version: result['protocolVersion'] };
      else if (method === 'logging/setLevel') level = request;
      else if (method === 'resources/subscribe') subscriptions.set(uri, request);
      else if (method === 'resources/unsubscribe') subscriptions.delete(uri);
    },
    greeting: (): Greeting | undefined => {
      if (begun === undefined) return undefined;
      const more = [initialized, level, ...subscriptions.values()];
      return { ...begun, more: more.filter((message) => message !== undefined) };
    },
  };
}

function paramsOf({ params }: Json): Json {
  return isRecord(params) ? params : {};
}

function isId(id: unknown): id is RequestId {
  return typeof id === 'string' || typeof id === 'number';
}
