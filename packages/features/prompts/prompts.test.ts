import type { PromptDefinition } from '@devmesh/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { openMesh, type TestMesh } from '../tasks/mesh.fixture.ts';
import { createPrompts, type Prompts } from './index.ts';

const said = (text: string): PromptDefinition['messages'] => [{ role: 'user', content: { type: 'text', text } }];
const definition = (text: string, more: Partial<PromptDefinition> = {}): PromptDefinition => ({
  description: '',
  arguments: [],
  messages: said(text),
  ...more,
});

describe('prompts of an organization', () => {
  let mesh: TestMesh;
  let prompts: Prompts;
  let admin: Principal;
  beforeAll(async () => {
    mesh = await openMesh();
    prompts = createPrompts(mesh);
    ({ admin } = await mesh.organization());
  });
  afterAll(() => mesh.close());

  const textOf = async (name: string, values: Readonly<Record<string, string>> = {}, of = admin) => {
    const { messages } = await prompts.render(of, name, values);
    return messages.map(({ content }) => (content.type === 'text' ? content.text : content.uri)).join('\n');
  };

  it('are written in versions that never change, of which clients get one [prompts.versions]', async () => {
    expect(await prompts.put(admin, 'review', definition('one'))).toMatchObject({ version: 1, latestVersion: 1 });
    expect(await prompts.put(admin, 'review', definition('two'))).toMatchObject({ version: 2, latestVersion: 2 });
    expect(await prompts.put(admin, 'review', definition('two'))).toMatchObject({ version: 2, latestVersion: 2 });
    expect(await textOf('review')).toBe('two');
    expect(await prompts.activate(admin, 'review', { version: 1 })).toMatchObject({ version: 1, latestVersion: 2 });
    expect(await textOf('review')).toBe('one');
    expect(await prompts.get(admin, 'review', 2)).toMatchObject({ shown: 2, definition: { messages: said('two') } });
    expect(await prompts.put(admin, 'review', definition('three'))).toMatchObject({ version: 3, latestVersion: 3 });
    const { items } = await prompts.versions(admin, 'review', { limit: 2 });
    expect(items.map(({ version, active }) => [version, active])).toEqual([
      [3, true],
      [2, false],
    ]);
    await expect(prompts.activate(admin, 'review', { version: 4 })).rejects.toMatchObject({ code: 'not_found' });
    await prompts.delete(admin, 'review');
    const gone = [textOf('review'), prompts.delete(admin, 'review'), prompts.get(admin, 'review', 1)];
    await Promise.all(gone.map((asked) => expect(asked).rejects.toMatchObject({ code: 'not_found' })));
  });

  it('keep the latest hundred versions, and the one that clients get', async () => {
    for (let at = 1; at <= 103; at += 1) {
      await prompts.put(admin, 'long', definition(`text ${String(at)}`));
      if (at === 2) await prompts.activate(admin, 'long', { version: 1 });
      if (at === 2) await prompts.put(admin, 'long', definition('text 2b'));
    }
    await expect(prompts.get(admin, 'long', 2)).rejects.toMatchObject({ code: 'not_found' });
    expect(await prompts.get(admin, 'long', 50)).toMatchObject({ shown: 50 });
  });

  it('are not changed where somebody else changed them since [prompts.versions]', async () => {
    await prompts.put(admin, 'shared', { ...definition('one'), expectedVersion: 0 });
    const late = [
      prompts.put(admin, 'shared', { ...definition('mine'), expectedVersion: 0 }),
      prompts.put(admin, 'shared', { ...definition('mine'), expectedVersion: 2 }),
      prompts.activate(admin, 'shared', { version: 1, expectedVersion: 2 }),
      prompts.put(admin, 'absent', { ...definition('mine'), expectedVersion: 1 }),
    ];
    await Promise.all(late.map((change) => expect(change).rejects.toMatchObject({ code: 'conflict' })));
    const both = await Promise.allSettled(
      ['a', 'b'].map((text) => prompts.put(admin, 'shared', { ...definition(text), expectedVersion: 1 })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('take their arguments, and say which are missing or unknown', async () => {
    await prompts.put(
      admin,
      'greet',
      definition('Greet {{who}}{{how}}.', {
        arguments: [
          { name: 'who', required: true, values: ['Alan', 'Ada', 'Grada'] },
          { name: 'how', required: false },
        ],
        messages: [
          ...said('Greet {{who}}{{how}}.'),
          { role: 'assistant', content: { type: 'resource_link', uri: 'devmesh://system/health', name: 'health' } },
        ],
      }),
    );
    expect(await textOf('greet', { who: '{{how}}' })).toBe('Greet {{how}}.\ndevmesh://system/health');
    await expect(textOf('greet')).rejects.toMatchObject({ code: 'invalid_request', message: /who is required/u });
    await expect(textOf('greet', { who: 'x', toString: 'y' })).rejects.toThrow(/toString is no argument/u);
    const complete = (value: string) => prompts.complete(admin, 'greet', { name: 'who', value });
    expect(await complete('a')).toEqual({ values: ['Alan', 'Ada', 'Grada'], total: 3, hasMore: false });
    expect(await complete('AD')).toMatchObject({ values: ['Ada', 'Grada'] });
    expect(await prompts.complete(admin, 'greet', { name: 'how', value: '' })).toMatchObject({ values: [] });
    await expect(prompts.complete(admin, 'greet', { name: 'none', value: '' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it.each([
    ['an argument that it has not', definition('{{who}}'), /\{\{who\}\} is none of its arguments/u],
    ['an argument without an end', definition('{{who'), /without its/u],
    [
      'an argument twice',
      definition('a', { arguments: ['a', 'a'].map((name) => ({ name, required: false })) }),
      /another argument a/u,
    ],
  ])('cannot be written with %s', async (_what, wrong, sentence) => {
    await expect(prompts.put(admin, 'wrong', wrong)).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ message: expect.stringMatching(sentence) }],
    });
  });

  it('become no longer than a model could read', async () => {
    const argument = { name: 'a', required: true };
    await prompts.put(admin, 'echo', definition('{{a}}'.repeat(50), { arguments: [argument] }));
    await expect(textOf('echo', { a: 'x'.repeat(30_000) })).rejects.toMatchObject({ code: 'too_large' });
    const much = definition('a', { messages: Array.from({ length: 9 }, () => said('x'.repeat(32_000))[0]!) });
    await expect(prompts.put(admin, 'much', much)).rejects.toMatchObject({ code: 'too_large' });
  });

  it('are of their organization alone, and listed by name, page by page [prompts.tenant]', async () => {
    const { admin: other } = await mesh.organization();
    await prompts.put(other, 'bee', definition('theirs'));
    await prompts.put(other, 'ant', definition('theirs'));
    const first = await prompts.list(other, { limit: 1 });
    expect(first.items.map(({ name }) => name)).toEqual(['ant']);
    const second = await prompts.list(other, { limit: 1, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ name: 'bee' }] });
    expect(second.nextCursor).toBeUndefined();
    await expect(textOf('bee')).rejects.toMatchObject({ code: 'not_found' });
  });
});
