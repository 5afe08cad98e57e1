import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './event-messages.ts';

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function all(stream: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const message of eventsOf(stream)) found.push(message);
  return found;
}

const message = fc.record({ id: fc.string(), text: fc.string({ unit: 'grapheme' }), nested: fc.array(fc.nat()) });

describe('messages of an event stream', () => {
  it('are read however the stream is cut, and with any line ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 }),
        async (messages, line, spaced, cuts) => {
          const events = messages.map((one, at) => {
            const lines = [`id: ${String(at)}`, `data:${spaced ? ' ' : ''}${JSON.stringify(one)}`];
            return `: still here${line}${line}${lines.join(line)}${line}${line}`;
          });
          const bytes = Buffer.from(events.join(''));
          const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted((a, b) => a - b);
          const chunks = places.slice(1).map((place, at) => bytes.subarray(places[at], place));
          expect(await all(streamOf(chunks))).toEqual(JSON.parse(JSON.stringify(messages)));
        },
      ),
    );
  });

  it('may have data in several lines, none at all, and no empty line at the end', async () => {
    const text = 'event: x\n\ndata: {"a":\ndata: 1}\n\nid: 7\ndata:\n\ndata: {"b":2}';
    expect(await all(streamOf([Buffer.from(text)]))).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('stop being fetched when nobody reads on', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(Buffer.from('data: {"id":1}\n\n'));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const found of eventsOf(stream)) {
      expect(found).toEqual({ id: 1 });
      break;
    }
    expect(cancelled).toBe(true);
  });
});
