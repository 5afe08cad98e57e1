import { MeshError } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { answerCall } from '../../calling/answer-call.ts';
import type { ParameterBinding } from '../../calling/binding.ts';
import type { SourceCall } from '../../calling/source.ts';
import { detectPaging } from './detect-paging.ts';
import type { Paging } from './paging.ts';

const query = (name: string, argument = name): ParameterBinding => ({
  argument,
  name,
  in: 'query',
  style: 'form',
  explode: true,
});
const object = (properties: object): { type: string; properties: object } => ({ type: 'object', properties });
const integer = { type: 'integer' };
const text = { type: 'string' };

describe('how an operation pages', () => {
  it.each<[string, string[], object, object | undefined, Paging | undefined]>([
    [
      'a cursor',
      ['cursor'],
      {},
      { response_metadata: object({ next_cursor: text }) },
      { kind: 'cursor', argument: 'cursor', next: ['response_metadata', 'next_cursor'] },
    ],
    [
      'a page token',
      ['pageToken'],
      {},
      { nextPageToken: text },
      { kind: 'cursor', argument: 'pageToken', next: ['nextPageToken'] },
    ],
    [
      'page and size',
      ['page', 'per_page'],
      { page: integer, per_page: { type: 'integer', default: 30 } },
      undefined,
      { kind: 'page', argument: 'page', size: 'per_page', defaultSize: 30 },
    ],
    [
      'pages from zero',
      ['page', 'size'],
      { page: { type: 'integer', default: 0 } },
      undefined,
      { kind: 'page', argument: 'page', size: 'size', first: 0 },
    ],
    [
      'an offset',
      ['startAt', 'maxResults'],
      { startAt: integer },
      undefined,
      { kind: 'offset', argument: 'startAt', size: 'maxResults' },
    ],
    ['a start that is a time', ['start', 'end'], { start: integer }, undefined, undefined],
    ['a cursor without an answer to find it in', ['cursor'], {}, undefined, undefined],
    ['nothing', ['q'], {}, { next: text }, undefined],
  ])('is seen by %s', (_what, names, properties, output, expected) => {
    const declared = { method: 'GET', parameters: names.map((name) => query(name)), input: object(properties) };
    expect(detectPaging({ ...declared, output: output && object(output) })).toEqual(expected);
    expect(detectPaging({ ...declared, method: 'POST', output: output && object(output) })).toBeUndefined();
  });
});

const url = 'https://api.example.com/v1/things?q=x';
const page = (body: unknown, headers: Record<string, string> = {}, status = 200) => ({
  traces: [],
  response: {
    status,
    url,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body: Buffer.from(JSON.stringify(body), 'utf8'),
    text: () => '',
  },
});

const callOf = (paging: Paging | undefined, rest: Partial<SourceCall> = {}, method = 'GET'): SourceCall => {
  const names = ['q', 'cursor', 'page', 'per_page', 'offset', 'limit'];
  const binding = { parameters: names.map((name) => query(name)), ...(paging === undefined ? {} : { paging }) };
  const inputSchema = object({ page: integer, per_page: integer, offset: integer, limit: integer });
  const row = { name: 'things', method, binding, inputSchema, answersObject: false };
  return {
    principal: {},
    row,
    arguments: { q: 'x' },
    handedOver: [],
    signal: undefined,
    ...rest,
  } as unknown as SourceCall;
};

const keeping = { keep: () => Promise.resolve(undefined) };
const cursor: Paging = { kind: 'cursor', argument: 'cursor', next: ['next'] };
const numbered: Paging = { kind: 'page', argument: 'page', size: 'per_page', defaultSize: 2 };
const offset: Paging = { kind: 'offset', argument: 'offset', size: 'limit' };

/** What the next page would be asked for by, after one answer. */
const nextOf = async (
  paging: Paging | undefined,
  answer: ReturnType<typeof page>,
  values: object = {},
  method = 'GET',
): Promise<unknown> => {
  const call = callOf(paging, { arguments: { q: 'x', ...values } }, method);
  return (await answerCall(() => Promise.resolve(answer), call, keeping)).next?.arguments;
};

describe('the next page', () => {
  const link = (target: string, rel = 'rel="next"') => ({
    link: `<https://api.example.com/v1/things?q=x>; rel="prev", <${target}>; ${rel}`,
  });
  it.each<[string, Paging | undefined, ReturnType<typeof page>, object, unknown]>([
    ['is told by a link', undefined, page([1], link('https://api.example.com/v1/things?q=x&page=2')), {}, { page: 2 }],
    ['is told by a relative link', undefined, page([1], link('?q=x&cursor=a%2Bb', 'rel=next')), {}, { cursor: 'a+b' }],
    [
      'is not by a link to elsewhere',
      undefined,
      page([1], link('https://evil.example/v1/things?page=2')),
      {},
      undefined,
    ],
    [
      'is not by a link to another path',
      undefined,
      page([1], link('https://api.example.com/v1/others?page=2')),
      {},
      undefined,
    ],
    [
      'is not by a link of parameters that the tool has not',
      undefined,
      page([1], link('?q=x&page=2&secret=1')),
      {},
      undefined,
    ],
    ['is told by a cursor', cursor, page({ next: 'abc' }), {}, { cursor: 'abc' }],
    ['is told by an address in place of a cursor', cursor, page({ next: '/v1/things?q=x&page=3' }), {}, { page: 3 }],
    [
      'is told by a number where the tool wants one',
      { kind: 'cursor', argument: 'page', next: ['next'] },
      page({ next: '3' }),
      {},
      { page: 3 },
    ],
    ['is not by an empty cursor', cursor, page({ next: '' }), {}, undefined],
    ['is not by null', cursor, page({ next: null }), {}, undefined],
    ['is not by the same cursor again', cursor, page({ next: 'abc' }), { cursor: 'abc' }, undefined],
    ['is counted', numbered, page([1, 2]), {}, { page: 2 }],
    ['is counted from zero', { ...numbered, first: 0 }, page([1, 2]), {}, { page: 1 }],
    ['is not where the answer says so', cursor, page({ next: 'abc', has_more: false }), {}, undefined],
    ['is counted on', numbered, page({ items: [1, 2] }), { page: 7 }, { page: 8 }],
    ['is not after a page that is not full', numbered, page([1]), {}, undefined],
    ['follows the items', offset, page({ values: [1, 2, 3], total: 9 }), { offset: 3, limit: 3 }, { offset: 6 }],
    ['ends with the total', offset, page({ values: [1, 2, 3], total: 6 }), { offset: 3, limit: 3 }, undefined],
    ['is not where there are no items', offset, page({ values: [] }), {}, undefined],
    ['is not told of an error', numbered, page([1, 2], {}, 500), {}, undefined],
  ])('%s', async (_what, paging, answer, values, expected) => {
    expect(await nextOf(paging, answer, values)).toEqual(expected);
    expect(await nextOf(paging, answer, values, 'POST')).toBeUndefined();
  });
});

describe('several pages', () => {
  const fetchPages = async (pages: number, answers: readonly (ReturnType<typeof page> | Error)[], method = 'GET') => {
    const asked: unknown[] = [];
    const ask = (values: unknown) => {
      asked.push(values);
      const answer = answers[asked.length - 1] ?? page([]);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const call = callOf(cursor, { answer: { select: [], pages } }, method);
    const result = await answerCall(ask, call, keeping);
    const [first] = result.content;
    return { asked, result, first: first?.type === 'text' ? first.text : '', words: JSON.stringify(result.content) };
  };

  it('are put together, and tell the one after them [tools.paging]', async () => {
    const { asked, result } = await fetchPages(2, [
      page({ items: [1, 2], next: 'b' }),
      page({ items: [3], next: 'c', total: 9 }),
    ]);
    expect(asked).toEqual([{ q: 'x' }, { q: 'x', cursor: 'b' }]);
    expect(result.structured).toEqual({ items: [1, 2, 3], next: 'c', total: 9 });
    expect(result.next).toEqual({ arguments: { cursor: 'c' } });
  });

  it('end with the last one', async () => {
    const { asked, result } = await fetchPages(10, [page({ items: [1], next: 'b' }), page({ items: [2] })]);
    expect(asked).toHaveLength(2);
    expect(result.structured).toEqual({ items: [1, 2] });
    expect(result).not.toHaveProperty('next');
  });

  it('are what came before one that failed, said so, with where to go on', async () => {
    const { result, words } = await fetchPages(3, [page({ items: [1], next: 'b' }), page({}, {}, 503)]);
    expect(result).toMatchObject({
      isError: false,
      structured: { items: [1], next: 'b' },
      next: { arguments: { cursor: 'b' } },
    });
    expect(words).toContain('Page 2 was answered with HTTP 503');
  });

  it('are what came before one that got no answer, said so, with where to go on [tools.paging]', async () => {
    const lost = new MeshError('upstream_timeout', 'It took too long.');
    const { result, words } = await fetchPages(3, [page({ items: [1], next: 'b' }), lost]);
    expect(result).toMatchObject({ isError: false, structured: { items: [1] }, next: { arguments: { cursor: 'b' } } });
    expect(words).toContain('Page 2 got no answer (upstream_timeout: It took too long.)');
    await expect(fetchPages(3, [lost])).rejects.toBe(lost);
    await expect(fetchPages(3, [page({ items: [1], next: 'b' }), new Error('a bug')])).rejects.toThrow('a bug');
  });

  it('are what came before one of another shape, said so', async () => {
    const { result, words } = await fetchPages(3, [page({ items: [1], next: 'b' }), page({ things: [2], next: 'c' })]);
    expect(result.structured).toEqual({ items: [1], next: 'b' });
    expect(words).toContain('could not be put together');
  });

  it('are no more than one result may hold, said so', async () => {
    const half = 'x'.repeat(6 * 1024 * 1024);
    const { result, words } = await fetchPages(2, [page({ items: [half], next: 'b' }), page({ items: [half] })]);
    expect(result.next).toEqual({ arguments: { cursor: 'b' } });
    expect(words).toContain('could not be put together');
  });

  it('are never asked of a write', async () => {
    const { asked } = await fetchPages(3, [page({ items: [1], next: 'b' })], 'POST');
    expect(asked).toHaveLength(1);
  });
});
