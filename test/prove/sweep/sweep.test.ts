import { describe, expect, it } from 'vitest';
import { comparable, type Answer } from './answer.ts';
import type { Described, Schema } from './document.ts';
import { exampleOf, type Example } from './example.ts';
import { placesOf } from './places.ts';
import { plain, spellings } from './spellings.ts';
import { tableOf } from './things.ts';

const uuid: Schema = { type: 'string', format: 'uuid' };
const one = '01900000-0000-7000-8000-00000000000a';
const other = '01900000-0000-7000-8000-00000000000b';

const operation = (body: Schema): Described => ({
  id: 'things.make',
  method: 'POST',
  path: '/things/{thingId}',
  scope: 'tools:write',
  parameters: [
    { name: 'thingId', in: 'path', required: true, schema: uuid },
    { name: 'agent', in: 'query', schema: uuid },
    { name: 'limit', in: 'query', schema: { type: 'integer' } },
  ],
  body,
  stream: false,
  idempotent: false,
});

const example: Example = { operation: 'things.make', hints: {}, always: {}, idFor: () => other };

describe('the places of ids', () => {
  const body: Schema = {
    type: 'object',
    required: ['action'],
    properties: {
      action: {
        oneOf: [
          { type: 'object', required: ['type'], properties: { type: { const: 'nothing' } } },
          { type: 'object', required: ['type'], properties: { type: { const: 'index' }, repositoryId: uuid } },
        ],
      },
      ids: { type: 'array', items: uuid },
    },
  };

  it('are found in path and query, in variants and in lists', () => {
    const fields = placesOf(operation(body)).map(({ part, field }) => `${part} ${field}`);
    expect(fields).toEqual(['path thingId', 'query agent', 'body repositoryId', 'body ids']);
  });

  it('take the id in a request that fits the schema otherwise', () => {
    const built = placesOf(operation(body))
      .filter(({ part }) => part === 'body')
      .map(({ steps }) => exampleOf(body, example, '', { steps, value: one }));
    expect(built).toEqual([
      { action: { type: 'index', repositoryId: one } },
      { action: { type: 'nothing' }, ids: [one] },
    ]);
  });
});

describe('two answers', () => {
  const refusal = (detail: string, more: Partial<Answer> = {}): Answer => ({
    status: 404,
    headers: {},
    text: JSON.stringify({ code: 'not_found', detail, traceId: detail.slice(-4) }),
    ...more,
  });
  const same = (a: Answer, b: Answer, spell = plain.spell): boolean =>
    comparable(a, one, spell(one)) === comparable(b, other, spell(other));

  it('are the same where they differ in the id alone, however it is spelled', () => {
    for (const { spell } of [plain, ...spellings]) {
      const [of, against] = [refusal(`no ${spell(one)}`), refusal(`no ${spell(other)}`)];
      expect(same(of, against, spell)).toBe(true);
    }
  });

  it.each([
    ['status', refusal(`no ${one}`, { status: 403 })],
    ['a header', refusal(`no ${one}`, { headers: { 'x-hint': 'yes' } })],
    ['a word', refusal(`not your ${one}`)],
    ['another id', refusal(`no ${one} of ${other.replace('8000', '8001')}`)],
  ])('differ in %s', (_what, answer) => {
    expect(same(answer, refusal(`no ${other}`))).toBe(false);
  });
});

describe('what a field names', () => {
  const tables = ['tasks', 'policies', 'webhook_gadgets', 'gadgets'];
  it.each([
    ['taskId', 'tasks'],
    ['policyId', 'policies'],
    ['gadgetId', 'gadgets'],
    ['strangeId', undefined],
  ])('%s is found by its noun', (field, table) => {
    expect(tableOf('any.operation', field, tables)).toBe(table);
  });
});
