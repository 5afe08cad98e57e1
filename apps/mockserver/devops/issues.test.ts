import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acme } from './acme.test-client.ts';
import type { Issue } from './schemas.ts';

interface Page {
  items: Issue[];
  nextCursor: string | null;
}

async function ids(api: ReturnType<typeof acme>, query: string): Promise<string[]> {
  const { items } = (await api.get(`/issues?limit=100&${query}`)).body as Page;
  return items.map((item) => item.id);
}

describe('issues', () => {
  it('are found by every filter, and filters combine', async () => {
    const api = acme();
    expect(await ids(api, 'state=closed')).toEqual(['ISS-1004']);
    expect(await ids(api, 'priority=urgent&priority=low')).toEqual(['ISS-1006', 'ISS-1005', 'ISS-1002']);
    expect(await ids(api, 'label=bug&label=pricing')).toEqual(['ISS-1004', 'ISS-1001']);
    expect(await ids(api, 'assignee=none&state=open')).toEqual(['ISS-1005', 'ISS-1003']);
    expect(await ids(api, 'assignee=jonas')).toEqual(['ISS-1002']);
    expect(await ids(api, 'serviceId=search')).toEqual(['ISS-1003']);
    expect(await ids(api, 'text=M%C3%9CSLI')).toEqual(['ISS-1003']);
  });

  it('come page by page, each exactly once, even while new ones are opened', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 3 }), async (limit, opened) => {
      const api = acme();
      const before = await ids(api, '');
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const after: string = cursor === null ? '' : `&cursor=${cursor}`;
        const page = (await api.get(`/issues?limit=${String(limit)}${after}`)).body as Page;
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map((item) => item.id));
        cursor = page.nextCursor;
        for (let count = 0; count < opened; count += 1) await api.post('/issues', { title: 'New' });
      } while (cursor !== null && seen.length < 50);
      expect(seen).toEqual(before);
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('refuse a cursor that no list gave, and a limit out of bounds', async () => {
    const api = acme();
    for (const query of [
      'cursor=abc',
      'cursor=',
      'limit=0',
      'limit=101',
      'limit=ten',
      'limit=1&limit=2',
      'state=done',
    ]) {
      const answer = await api.get(`/issues?${query}`);
      expect(answer).toMatchObject({
        status: 422,
        body: { errors: [{ path: `query.${query.split('=')[0]!}` }] },
      });
    }
  });

  it('keep what they are given, and change only the fields named', async () => {
    const api = acme();
    const created = (await api.post('/issues', { title: 'Ünïcode ✓', description: 'a\nb', labels: ['x'] }))
      .body as Issue;
    expect(created).toMatchObject({ id: 'ISS-1007', state: 'open', priority: 'medium', labels: ['x'], assignee: null });
    await api.patch(`/issues/${created.id}`, { assignee: 'mei', description: null });
    const changed = (await api.get(`/issues/${created.id}`)).body as Issue;
    expect(changed).toEqual({ ...created, assignee: 'mei', description: null, updatedAt: changed.updatedAt });
  });

  it('name every wrong value at once', async () => {
    const answer = await acme().post('/issues', { title: '', priority: 'soon', colour: 'red' });
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(answer.status).toBe(422);
    expect(errors.map((error) => error.path)).toEqual(['body.title', 'body.priority', 'body']);
  });

  it('close once, with a reason that makes sense', async () => {
    const api = acme();
    const close = (body: unknown) => api.post('/issues/ISS-1005/close', body);
    for (const duplicateOf of [null, 'ISS-1005', 'ISS-9']) {
      expect((await close({ reason: 'duplicate', duplicateOf })).status).toBe(422);
    }
    expect((await close({ reason: 'completed', duplicateOf: 'ISS-1001' })).status).toBe(422);
    expect((await close({ reason: 'not_planned' })).body).toMatchObject({
      state: 'closed',
      closeReason: 'not_planned',
    });
    expect((await close({})).status).toBe(409);
  });

  it('count their comments, and lose a deleted one', async () => {
    const api = acme();
    await api.post('/issues/ISS-1005/comments', { author: 'mei', text: 'I can write it.' });
    expect((await api.get('/issues/ISS-1005')).body).toMatchObject({ commentCount: 1 });
    expect((await api.delete('/issues/ISS-1001/comments/CMT-5004')).status).toBe(404);
    expect((await api.delete('/issues/ISS-1005/comments/CMT-5004')).status).toBe(204);
    expect((await api.delete('/issues/ISS-1005/comments/CMT-5004')).status).toBe(404);
    expect((await api.get('/issues/ISS-1005/comments')).body).toEqual({ items: [], nextCursor: null });
    expect((await api.get('/issues/ISS-1005')).body).toMatchObject({ commentCount: 0 });
  });
});
