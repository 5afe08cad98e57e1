import { MeshError } from '@devmesh/foundation';
import { itemsOf, mergePages, nextPage } from '../results/paging/next-page.ts';
import { readAnswerBody, type AnswerBody } from '../results/answer-body.ts';
import type { ResultStore } from '../results/result-store.ts';
import { readSelection } from '../results/select-fields.ts';
import { isSafeMethod } from '../reading/annotations.ts';
import { presentBody, type CallResult } from './present-answer.ts';
import type { AuthorizedAnswer } from './send-authorized.ts';
import type { SourceCall } from './source.ts';

type Values = SourceCall['arguments'];

/** Asks the service once, with these arguments. */
type Ask = (values: Values) => Promise<AuthorizedAnswer>;

/** What was put together of the answers to a call. */
interface Answered {
  readonly last: AuthorizedAnswer;
  readonly body: AnswerBody;
  readonly next: Values | undefined;
  /** Why there are fewer pages than were asked for. */
  readonly note: string | undefined;
}

const largestTogether = 10 * 1024 * 1024;

/** Asks the service, as often as pages are wanted and there are, and shows the answer as the caller wants it. */
export async function answerCall(ask: Ask, call: SourceCall, results: Pick<ResultStore, 'keep'>): Promise<CallResult> {
  const { principal, row, answer } = call;
  // Before anything is asked, since it throws.
  const selection = readSelection(answer?.select ?? []);
  const { last, body, next, note } = await askPages(ask, call);
  const result = await presentBody(last.response, body, {
    traces: last.traces,
    selection,
    textBytes: answer?.textBytes,
    structured: row.answersObject,
    keep: (content, mediaType) => results.keep(principal, { tool: row.name, mediaType, content }),
  });
  return withNext({ ...result, content: [...result.content, ...textsOf(note)] }, next);
}

async function askPages(ask: Ask, call: SourceCall): Promise<Answered> {
  const wanted = isSafeMethod(call.row.method) ? (call.answer?.pages ?? 1) : 1;
  let answered = await askOne(ask, call, call.arguments);
  for (let page = 1; page < wanted && answered.next !== undefined; page += 1) {
    const further = await furtherPage(ask, call, answered.next);
    if (further instanceof MeshError) {
      const { code, message } = further;
      return {
        ...answered,
        note: `[Page ${String(page + 1)} got no answer (${code}: ${message}); these are the pages before it.]`,
      };
    }
    const { status } = further.last.response;
    if (status < 200 || status >= 300) {
      return {
        ...answered,
        note: `[Page ${String(page + 1)} was answered with HTTP ${String(status)}; these are the pages before it.]`,
      };
    }
    const together = merged(answered.body, further.body);
    if (together === undefined)
      return { ...answered, note: `[Page ${String(page + 1)} could not be put together with those before it.]` };
    answered = { ...further, body: together };
  }
  return answered;
}

/** The page, or why there is none: what was answered before is not lost by it. Throws where the caller has left. */
async function furtherPage(ask: Ask, call: SourceCall, next: Values): Promise<Answered | MeshError> {
  try {
    return await askOne(ask, call, { ...call.arguments, ...next });
  } catch (error) {
    if (!(error instanceof MeshError) || call.signal?.aborted === true) throw error;
    return error;
  }
}

async function askOne(ask: Ask, call: SourceCall, values: Values): Promise<Answered> {
  const last = await ask(values);
  const { response, traces } = last;
  const body = readAnswerBody(response, traces);
  const succeeded = response.status >= 200 && response.status < 300 && isSafeMethod(call.row.method);
  return { last, body, next: succeeded ? nextOf(call, { values, body, last }) : undefined, note: undefined };
}

function nextOf(
  { row }: SourceCall,
  { values, body, last }: Pick<Answered, 'body' | 'last'> & { readonly values: Values },
): Values | undefined {
  const { binding, inputSchema } = row;
  const { url, headers } = last.response;
  const value = body.kind === 'json' ? body.value : undefined;
  return nextPage({
    paging: binding.paging,
    parameters: binding.parameters,
    input: inputSchema,
    values,
    url,
    headers,
    body: value,
  });
}

/** Undefined where they are no lists, or more than one result may hold. */
function merged(before: AnswerBody, after: AnswerBody): AnswerBody | undefined {
  if (before.kind !== 'json' || after.kind !== 'json' || itemsOf(before.value) === undefined) return undefined;
  const value = mergePages(before.value, after.value);
  if (value === undefined || before.text.length + after.text.length > largestTogether) return undefined;
  return { ...after, value, text: JSON.stringify(value) };
}

function withNext(result: CallResult, next: Values | undefined): CallResult {
  if (next === undefined || result.isError) return result;
  const text = `[There is more: call again with the same arguments and ${JSON.stringify(next)}.]`;
  return { ...result, content: [...result.content, ...textsOf(text)], next: { arguments: next } };
}

function textsOf(text: string | undefined): CallResult['content'] {
  return text === undefined ? [] : [{ type: 'text', text }];
}
