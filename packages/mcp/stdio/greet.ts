import { MeshError } from '@devmesh/foundation';
import { isRecord } from '../message.ts';
import type { Conversation, Json } from './conversation.ts';

type Greeting = NonNullable<Conversation['greeting']>;

/** Of another form than clients choose. */
const idOf = (at: number): string => `devmesh-again-${String(at)}`;

/** A session that is being begun. */
interface Greeted {
  /** Takes what the server says meanwhile. */
  readonly hear: (message: Json | readonly Json[]) => void;
  /** The notifications by which the client learns that what it knows may have changed. */
  readonly changes: Promise<readonly string[]>;
}

/** Begins a session as a client began an earlier one; fails where the server does not agree to the same revision any more. */
export function greet(greeting: Greeting, say: (message: Json) => Promise<void>): Greeted {
  const answers = new Map<unknown, (answer: Json) => void>();
  const ask = async (message: Json, at: number): Promise<Json> => {
    const answer = new Promise<Json>((resolve) => {
      answers.set(idOf(at), resolve);
    });
    await say({ ...message, id: idOf(at) });
    return answer;
  };
  return {
    hear: (answer) => {
      if (isRecord(answer)) answers.get(answer['id'])?.(answer);
    },
    changes: begin(greeting, say, ask),
  };
}

async function begin(
  { initialize, version, more }: Greeting,
  say: (message: Json) => Promise<void>,
  ask: (message: Json, at: number) => Promise<Json>,
): Promise<readonly string[]> {
  const { result, error } = await ask(initialize, 0);
  if (!isRecord(result)) {
    const said = isRecord(error) && typeof error['message'] === 'string' ? error['message'] : 'without a reason';
    throw new MeshError('invalid_state', `The server does not begin another session: ${said}`);
  }
  if (result['protocolVersion'] !== version) {
    throw new MeshError('unsupported_protocol', `The server does not speak revision ${String(version)} any more.`);
  }
  // One after the other. What is refused now was settled with the client when it asked for it first.
  for (const [at, message] of more.entries()) {
    if (message['id'] === undefined) await say(message);
    else await ask(message, at + 1);
  }
  return changesOf(result['capabilities']);
}

function changesOf(capabilities: unknown): readonly string[] {
  const known = isRecord(capabilities) ? capabilities : {};
  return ['tools', 'resources', 'prompts']
    .filter((list) => isRecord(known[list]) && known[list]['listChanged'] === true)
    .map((list) => `notifications/${list}/list_changed`);
}
