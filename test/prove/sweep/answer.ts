import { writings } from './spellings.ts';

/** An answer as far as two of them are compared. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What differs between any two answers: the time, the trace, and what is left of a limit. */
const volatileHeaders =
  /^(?:date|traceparent|x-request-id|x-trace-id|ratelimit.*|x-ratelimit.*|keep-alive|connection|content-length|server-timing)$/u;

/** Reads an answer to its end. */
export async function readAnswer(response: Response): Promise<Answer> {
  const headers = [...response.headers].filter(([name]) => !volatileHeaders.test(name));
  return { status: response.status, headers: Object.fromEntries(headers), text: await response.text() };
}

/** An answer in which nothing is left that the two must differ in: two texts that are equal tell nobody anything. */
export function comparable({ status, headers, text }: Answer, id: string, given: string): string {
  const body = status < 300 ? shapeOf(parse(text)) : withoutId(withoutTrace(text), id, given);
  return JSON.stringify([status, headers, body]);
}

function withoutId(text: string, id: string, given: string): string {
  return writings(id, given).reduce((rest, written) => rest.replaceAll(written, '<id>'), text);
}

function withoutTrace(text: string): string {
  const problem = parse(text);
  if (typeof problem !== 'object' || problem === null) return text;
  const { traceId: _traceId, ...rest } = problem as { traceId?: unknown };
  return JSON.stringify(rest);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Which fields of which types; what was made or is listed differs from call to call. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].toSorted();
  if (typeof value !== 'object' || value === null) return typeof value;
  const entries = Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => one.localeCompare(other)));
}
