import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLexicalIndex } from './lexical-index.ts';
import { readQuestion } from './question.ts';
import { rankTools } from './rank.ts';
import { actionsOf, type SearchableTool } from './searchable.ts';
import { termOf, wordsOf } from './words.ts';

function tool(method: string, path: string, title: string, description = ''): SearchableTool {
  return {
    name: `s_${title.replaceAll(' ', '')}`,
    title,
    description,
    service: 's',
    method,
    path,
    tags: [],
    parameters: [],
  };
}

function best(tools: readonly SearchableTool[], query: string): readonly string[] {
  const question = readQuestion(query);
  const ranked = tools.map((one) => ({
    actions: actionsOf(one),
    service: one.service,
    retired: one.description.includes('deprecated'),
  }));
  const lexical = createLexicalIndex(tools).match(question);
  const hits = rankTools({ question, lexical, similarity: undefined, tools: [...tools.keys()], ranked });
  return hits.map((hit) => tools[hit.tool]?.title ?? '');
}

describe('words', () => {
  it.each([
    ['listCoreV1NamespacedPod', ['list', 'core', 'v1', 'namespaced', 'pod']],
    ['show open PRs', ['show', 'open', 'prs']],
    ['HTTPServer', ['http', 'server']],
    ['admin.apps_approved-list', ['admin', 'apps', 'approved', 'list']],
  ])('of %s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it.each([
    ['merged', 'merging'],
    ['policy', 'policies'],
    ['branch', 'branches'],
    ['release', 'releases'],
    ['cancel', 'cancelled'],
    ['issue', 'issues'],
  ])('%s and %s are one term', (one, other) => {
    expect(termOf(one)).toBe(termOf(other));
  });
});

describe('a question', () => {
  it.each([
    ['open a PR', 'create', 'pr -> pul request'],
    ['raise an MR', 'create', 'mr -> merg request'],
    ['close the ticket', 'update', 'ticket -> issu'],
    ['rerun the CI', 'run', 'ci -> workflow'],
    ['show the env', 'get', 'env -> environment'],
    ['find pods in a ns', 'list', 'ns -> namespac'],
    ['drop the repo', 'delete', 'repo -> repository'],
  ])('%s: to %s, %s', (text, action, reading) => {
    const question = readQuestion(text);
    expect(question.action).toBe(action);
    expect(question.readAs.join('; ')).toContain(reading);
  });

  it('that asks wants to see, one that orders something unknown wants it done, and a thing alone wants nothing', () => {
    expect(readQuestion('which version is it').action).toBe('get');
    expect(readQuestion('snooze an incident').action).toBe('write');
    expect(readQuestion('sync windows of a project').action).toBe('run');
    expect(readQuestion('pods').action).toBeUndefined();
  });

  it('whatever it is, is read in bounds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (text) => {
        const { wanted } = readQuestion(text);
        expect(wanted.length).toBeLessThanOrEqual(96);
        expect(best([tool('GET', '/a', 'List a')], text).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('of tools that have the words', () => {
  const pods = [
    tool('GET', '/ns/{n}/pods', 'List pods'),
    tool('DELETE', '/ns/{n}/pods/{name}', 'Delete pod'),
    tool('POST', '/ns/{n}/pods', 'Create pod'),
    tool('POST', '/ns/{n}/pods/{name}/eviction', 'Create pod eviction'),
  ];

  it.each([
    ['list pods', 'List pods'],
    ['remove a pod', 'Delete pod'],
    ['make a pod', 'Create pod'],
    ['evict a pod', 'Create pod eviction'],
  ])('%s: %s comes first', (query, title) => {
    expect(best(pods, query)[0]).toBe(title);
  });

  it('what is about less else comes first, and what is on its way out comes later', () => {
    const issues = [
      tool('POST', '/issues/{id}/comments', 'Create issue comment'),
      tool('POST', '/issues', 'Create issue'),
      tool('POST', '/v0/issues', 'Create issue', 'This is deprecated.'),
    ];
    expect(best(issues, 'file a bug')[0]).toBe('Create issue');
    expect(
      best(
        [issues[2], issues[1]].flatMap((one) => one ?? []),
        'file a bug',
      ),
    ).toHaveLength(2);
    const retired = [tool('GET', '/a', 'List users', 'It is deprecated.'), tool('GET', '/b', 'List users')];
    const question = readQuestion('list users');
    const ranked = retired.map((one) => ({
      actions: actionsOf(one),
      service: one.service,
      retired: one.description !== '',
    }));
    const lexical = createLexicalIndex(retired).match(question);
    expect(
      rankTools({ question, lexical, similarity: undefined, tools: [0, 1], ranked }).map(({ tool: at }) => at),
    ).toEqual([1, 0]);
  });

  it('none without a word of the question is given, unless it means the same', () => {
    const question = readQuestion('zebra');
    const lexical = createLexicalIndex(pods).match(question);
    const ranked = pods.map((one) => ({ actions: actionsOf(one), service: one.service, retired: false }));
    const similarity = Float32Array.from([0.1, 0.5, Number.NaN, 0.29]);
    const hits = rankTools({ question, lexical, similarity, tools: [0, 1, 2, 3], ranked });
    expect(hits.map(({ tool: at }) => at)).toEqual([1]);
  });
});

describe('a service that is named', () => {
  it.each(['list users in Pager Duty', 'list users in PagerDuty', 'pagerduty: list users'])(
    'has its tools first: %s',
    (text) => {
      const question = readQuestion(text);
      const tools = [
        { ...tool('GET', '/users', 'List users'), service: 'other' },
        { ...tool('GET', '/people/users', 'List the users of people'), service: 'pagerduty' },
      ];
      const ranked = tools.map((one) => ({ actions: actionsOf(one), service: one.service, retired: false }));
      const rank = (asked: typeof question) =>
        rankTools({
          question: asked,
          lexical: new Map(),
          similarity: Float32Array.of(0.6, 0.5),
          tools: [0, 1],
          ranked,
        });
      expect(rank(question).map((hit) => hit.tool)).toEqual([1, 0]);
      expect(rank(readQuestion('list users')).map((hit) => hit.tool)).toEqual([0, 1]);
    },
  );
});
