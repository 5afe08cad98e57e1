import type { Ask } from './asked-requests.ts';
import type { Progress, RequestContext } from './handlers.ts';
import { isRecord, type Params, type RequestId, type RequestMessage } from './message.ts';

/** The request's `_meta`, empty where there is none. */
export function metaOf(params: Params): Params {
  const meta = params['_meta'];
  return isRecord(meta) ? meta : {};
}

interface RequestContextOptions {
  readonly request: RequestMessage;
  readonly signal: AbortSignal;
  readonly notify: (method: string, params?: Params) => void;
  readonly ask: Ask;
  readonly mirrored?: RequestContext['mirrored'];
  readonly input?: Pick<RequestContext, 'inputResponses' | 'requestState'> | undefined;
}

/** What the first try of a request has. */
const noResponses: RequestContext['inputResponses'] = {};

/** What a handler is given besides the parameters; silent once the request has been cancelled. */
export function createRequestContext({
  request,
  signal,
  notify,
  ask,
  input,
  mirrored,
}: RequestContextOptions): RequestContext {
  const meta = metaOf(request.params);
  const token = progressToken(meta);
  let reached = Number.NEGATIVE_INFINITY;
  const tell = (method: string, params?: Params): void => {
    if (!signal.aborted) notify(method, params);
  };
  return {
    requestId: request.id,
    signal,
    meta,
    progress: (progress: Progress) => {
      if (token === undefined || !(progress.progress > reached)) return;
      reached = progress.progress;
      tell('notifications/progress', { progressToken: token, ...progress });
    },
    notify: tell,
    ask,
    mirrored,
    inputResponses: input?.inputResponses ?? noResponses,
    requestState: input?.requestState,
  };
}

/** The token under which the client wants to hear of progress, where it gave one. */
export function progressToken(meta: Params): RequestId | undefined {
  const token = meta['progressToken'];
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}
