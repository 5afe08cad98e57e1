import { setTimeout as pause } from 'node:timers/promises';
import { MeshError } from '@devmesh/foundation';
import type { InputRequest, InputRequired, RequestContext } from './handlers.ts';
import { isRecord, type Params } from './message.ts';

/** Rounds of questions that one request may take. */
const mostRounds = 10;
const pauseMilliseconds = 500;

/** Capabilities under which a client can be asked. */
const capabilityOf: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
};

/** Whether a result wants answers of the client first. */
export function isInputRequired(result: object): result is InputRequired {
  return 'resultType' in result && result.resultType === 'input_required';
}

/** Throws `capability_missing` for a question that the client did not say it can be asked. */
export function requireAskable(method: string, declared: Params): void {
  const capability = capabilityOf[method];
  if (capability !== undefined && isRecord(declared[capability])) return;
  const needed = capability ?? method;
  throw new MeshError('capability_missing', `This needs a client that declares the capability ${needed}.`, {
    data: { requiredCapabilities: { [needed]: {} } },
  });
}

/**
 * Carries out a request for a client that is asked while its request runs (the revisions with sessions): puts each question to it,
 * and tries again with the answers. Throws `upstream_failed` when there is no end of questions.
 */
export async function carryRounds(
  attempt: (context: RequestContext) => Promise<object>,
  context: RequestContext,
  declared: Params,
): Promise<object> {
  let current = context;
  for (let round = 0; round < mostRounds; round += 1) {
    const result = await attempt(current);
    if (!isInputRequired(result)) return result;
    const questions = Object.entries(result.inputRequests ?? {});
    // Without a question it only wants to be asked again, later.
    if (questions.length === 0) await pause(pauseMilliseconds, undefined, { signal: context.signal });
    const inputResponses = await askAll(questions, context, declared);
    current = { ...context, inputResponses, requestState: result.requestState };
  }
  throw new MeshError('upstream_failed', `It asked more than ${String(mostRounds)} times for input.`);
}

async function askAll(
  questions: readonly (readonly [string, InputRequest])[],
  { ask, signal }: RequestContext,
  declared: Params,
): Promise<Readonly<Record<string, Params>>> {
  for (const [, { method }] of questions) requireAskable(method, declared);
  const asked = questions.map(async ([key, { method, params }]) => [key, await ask(method, params, signal)] as const);
  return Object.fromEntries(await Promise.all(asked));
}
