import { requestOf, type DirectCall } from '@devmesh/api';
import { readBytes, readJson } from '@devmesh/infrastructure';

type Texts = Readonly<Record<string, string>>;

interface BodyLimits {
  readonly maximumBytes: number;
}

/** What comes in for an operation, over HTTP or from this process. What costs something is made when it is asked for. */
export interface Incoming {
  header(this: void, name: string): string | null;
  readonly params: Texts;
  query(this: void): Texts;
  /** Throws `too_large`, `unsupported_media_type`, `invalid_request`. */
  json(this: void, limits: BodyLimits): Promise<unknown>;
  bytes(this: void, limits: BodyLimits): Promise<Uint8Array>;
  request(this: void): Request;
  /** Aborts when nobody waits for the answer any more. */
  signal(this: void): AbortSignal;
}

/** A request over HTTP, with the values that its path has. */
export function fromRequest(request: Request, params: Texts): Incoming {
  return {
    header: (name) => request.headers.get(name),
    params,
    query: () => Object.fromEntries(new URL(request.url).searchParams),
    json: (limits) => readJson(request, limits),
    bytes: (limits) => readBytes(request, limits),
    request: () => request,
    signal: () => request.signal,
  };
}

const nobodyLeaves = new AbortController().signal;

/** A call from this process. Its body is shared with the caller, who has checked its size, and is changed by nobody. */
export function fromCall(call: DirectCall): Incoming {
  const { input, headers, signal } = call;
  let request: Request | undefined;
  const made = (): Request => (request ??= requestOf(call, 'http://localhost'));
  return {
    header: (name) => headers[name] ?? null,
    params: textsOf(input.params),
    query: () => textsOf(input.query),
    json: () => Promise.resolve(input.body),
    bytes: (limits) => readBytes(made(), limits),
    request: made,
    signal: () => signal ?? nobodyLeaves,
  };
}

/** Values as an address would hold them. */
function textsOf(values: DirectCall['input']['query'] = {}): Texts {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
