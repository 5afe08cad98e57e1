import { createClient } from '@devmesh/api';
import { silentTelemetry, systemClock } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { openFeed } from './feed.ts';

const frames = (...texts: string[]) =>
  new Response(texts.join(''), { headers: { 'content-type': 'text/event-stream' } });
const connected = (cursor: string): string => `id: ${cursor}\nevent: connected\ndata: {}\n\n`;
const refused = () => Response.json({ code: 'unauthenticated', detail: 'no' }, { status: 401 });

/** A feed over a platform that gives one prepared answer after the other, and then refuses the key. */
function feedOver(answers: readonly Response[], lapsed: () => boolean = () => false) {
  const asked: (string | null)[] = [];
  const heard: string[] = [];
  const client = createClient({
    baseUrl: 'http://platform.test',
    fetch: (request) => {
      asked.push(new URL(request.url).searchParams.get('after'));
      return Promise.resolve(answers[asked.length - 1] ?? refused());
    },
  });
  const ended = new Promise<void>((resolve) => {
    openFeed({
      principal: { client, credential: { lapsed } },
      onEvent: ({ cursor }) => heard.push(cursor),
      onRefused: resolve,
      clock: { ...systemClock, sleep: () => Promise.resolve() },
      log: silentTelemetry.log,
    });
  });
  return { asked, heard, ended };
}

describe('the feed of a session', () => {
  it('goes on where it was when its connection ends, also before the first event', async () => {
    const { asked, heard, ended } = feedOver([
      frames(connected('7-1')),
      frames(connected('7-1'), 'id: 8-1\ndata: {"cursor":"8-1"}\n\n'),
      frames(connected('8-1')),
    ]);
    await ended;
    expect(asked).toEqual([null, '7-1', '8-1', '8-1']);
    expect(heard).toEqual(['8-1']);
  });

  it('ends, and says so, when the platform no longer takes the key', async () => {
    const { asked, ended } = feedOver([]);
    await ended;
    expect(asked).toHaveLength(1);
  });

  it('waits for the next access token where the present one has ended by itself, and asks nothing meanwhile', async () => {
    const turns = [true, true, true, false];
    const { asked, ended } = feedOver([frames(connected('7-1')), refused(), frames(connected('7-1'))], () => {
      // Asked once after the refusal, then before each try.
      return asked.length === 2 && (turns.shift() ?? false);
    });
    await ended;
    expect(turns).toEqual([]);
    expect(asked).toEqual([null, '7-1', '7-1', '7-1']);
  });
});
