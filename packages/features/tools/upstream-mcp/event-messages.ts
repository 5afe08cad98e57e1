import { isObject } from '../reading/json-value.ts';

/** The JSON objects of a `text/event-stream`, as they come; who stops reading cancels it. Events without data are left out. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const events = text.split(/\r\n\r\n|\n\n|\r\r/u);
    rest = events.pop() ?? '';
    yield* events.flatMap(messageOf);
  }
  yield* messageOf(rest);
}

function messageOf(event: string): readonly Readonly<Record<string, unknown>>[] {
  const data = event
    .split(/\r\n|\n|\r/u)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
    .join('\n');
  if (data === '') return [];
  const value: unknown = JSON.parse(data);
  return isObject(value) ? [value] : [];
}
