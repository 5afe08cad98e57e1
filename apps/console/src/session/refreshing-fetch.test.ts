import { describe, expect, it } from 'vitest';
import { createRefreshingFetch } from './refreshing-fetch.ts';

describe('a fetch that renews the session', () => {
  const setUp = (renewals: readonly boolean[]) => {
    const sent: string[] = [];
    let open = false;
    let asked = 0;
    const fetch = createRefreshingFetch({
      fetch: async (request) => {
        sent.push(await request.text());
        return new Response(null, { status: open ? 200 : 401 });
      },
      refresh: async () => {
        await Promise.resolve();
        open = renewals[asked] ?? false;
        asked += 1;
        return open;
      },
    });
    const post = (body: string) => fetch(new Request('http://mesh.test/', { method: 'POST', body }));
    return { post, sent, asked: () => asked };
  };

  it('sends a refused request once more, with its body', async () => {
    const { post, sent } = setUp([true]);
    expect((await post('one')).status).toBe(200);
    expect(sent).toEqual(['one', 'one']);
  });

  it('renews once for all requests that were refused together', async () => {
    const { post, asked } = setUp([true]);
    const answers = await Promise.all(['a', 'b', 'c'].map(post));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked()).toBe(1);
  });

  it('hands on the refusal where the session is over', async () => {
    const { post, sent } = setUp([false]);
    expect((await post('one')).status).toBe(401);
    expect(sent).toHaveLength(1);
  });
});
