import { keepsText, keepText } from '../kept-text.ts';
import { isRecord } from '../message.ts';
import { supportedVersions } from '../revisions/negotiate.ts';
import { metaKeys } from '../revisions/rev-2026-07-28.ts';

/** What a server says of itself. */
export interface Greeting {
  readonly info: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
  readonly capabilities: object;
}

/** How long a client may take an answer for fresh, and who may share it (MCP 2026-07-28, Caching). */
interface CacheHints {
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
}

/** Lists change with what a key may do; who listens hears of changes at once. */
const ofLists: CacheHints = { ttlMs: 30_000, cacheScope: 'private' };
const hints: ReadonlyMap<string, CacheHints> = new Map([
  ['server/discover', { ttlMs: 3_600_000, cacheScope: 'public' }],
  ['tools/list', ofLists],
  ['prompts/list', ofLists],
  ['resources/list', ofLists],
  ['resources/templates/list', ofLists],
  ['resources/read', { ttlMs: 0, cacheScope: 'private' }],
]);

/** What was made of results that are given many times, by the server that gives them. */
const completed = new WeakMap<Greeting, WeakMap<object, object>>();

/** A result as the revision wants it: complete, from whom, and for how long it may be kept. What answers made is not to be kept. */
export function complete(method: string, result: object, greeting: Greeting, ofAnswers = false): object {
  if (ofAnswers || !keepsText(result)) return make(method, result, greeting, ofAnswers);
  const known = completed.get(greeting) ?? new WeakMap<object, object>();
  completed.set(greeting, known);
  const whole = known.get(result) ?? keepText(make(method, result, greeting, false));
  known.set(result, whole);
  return whole;
}

function make(method: string, result: object, { info }: Greeting, ofAnswers: boolean): object {
  const { _meta: meta }: { readonly _meta?: unknown } = result;
  const cache = hints.get(method);
  return {
    resultType: 'complete',
    ...cache,
    ...(cache !== undefined && ofAnswers ? { ttlMs: 0 } : {}),
    ...result,
    _meta: { ...(isRecord(meta) ? meta : {}), [metaKeys.serverInfo]: info },
  };
}

/** What `server/discover` answers. */
export function discovery({ instructions, capabilities }: Greeting): object {
  return { supportedVersions, capabilities, ...(instructions === undefined ? {} : { instructions }) };
}
