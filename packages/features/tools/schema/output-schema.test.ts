import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { document, read } from '../reading/reading.fixture.ts';

const outputOf = (responses: unknown, rest: object = {}): unknown => {
  const output = read(document({ '/a': { get: { responses } } }, rest)).tools[0]?.outputSchema ?? null;
  return output === null ? null : JSON.parse(output);
};
const json = (schema: unknown) => ({ description: 'x', content: { 'application/json': { schema } } });
const pet = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', description: 'Its name.', maxLength: 5, pattern: '^a' },
    kind: { type: 'string', enum: ['cat', 'dog'] },
    secret: { type: 'string', writeOnly: true },
    id: { type: 'integer', readOnly: true },
  },
};

describe('the schema of an answer', () => {
  it('describes what is there and demands nothing [tools.answers]', () => {
    expect(outputOf({ 200: json(pet), 404: json({ type: 'array' }) })).toEqual({
      type: 'object',
      properties: {
        name: { description: 'Its name.', type: ['string', 'number', 'boolean', 'null'] },
        kind: { examples: ['cat', 'dog'], type: ['string', 'number', 'boolean', 'null'] },
        id: { type: ['integer', 'string', 'number', 'boolean', 'null'] },
      },
    });
  });

  it('shows what its root refers to as its own, and keeps recursion', () => {
    const schemas = {
      Tree: { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } } },
    };
    const output = outputOf({ 200: json({ $ref: '#/components/schemas/Tree' }) }, { components: { schemas } });
    expect(output).toMatchObject({
      type: 'object',
      properties: { kids: { items: { $ref: '#/$defs/Tree' } } },
      $defs: { Tree: { properties: { kids: {} } } },
    });
    const judge = new Ajv2020({ strict: false }).compile(output as object);
    expect([{}, { kids: null }, { kids: [{ kids: [] }] }, { other: 1 }].map((value) => judge(value))).toEqual(
      Array.from({ length: 4 }, () => true),
    );
  });

  it.each([
    ['a list', { 200: json({ type: 'array', items: pet }) }],
    ['text', { 200: { content: { 'text/plain': { schema: pet } } } }],
    ['anything', { 200: json({}) }],
    ['nothing', { 204: { description: 'none' } }],
    ['an object or nothing', { 200: json(pet), 204: { description: 'none' } }],
    ['an object or a list', { 200: json({ oneOf: [pet, { type: 'array' }] }) }],
    ['what is not there', { 200: json({ $ref: '#/nowhere' }) }],
    ['only failures', { 404: json(pet), default: json(pet) }],
    ['what nobody says', undefined],
  ])('is left out for %s, which is no structured content of MCP', (_what, responses) => {
    expect(outputOf(responses)).toBeNull();
  });

  it('is one of several where successes differ', () => {
    const other = { type: 'object', properties: { job: { type: 'string' } } };
    expect(outputOf({ 200: json(pet), 202: json(other) })).toMatchObject({
      type: 'object',
      anyOf: [{ properties: { name: {} } }, { properties: { job: {} } }, {}],
    });
    expect(outputOf({ '2XX': json(pet) })).toMatchObject({ properties: { name: {} } });
    expect(outputOf({ default: json(pet) })).toMatchObject({ properties: { name: {} } });
  });

  it('of Swagger 2.0 is read where that has it', () => {
    const reading = read({
      swagger: '2.0',
      host: 'x.example.com',
      definitions: { Pet: pet },
      responses: { Found: { description: 'x', schema: { $ref: '#/definitions/Pet' } } },
      paths: { '/a': { get: { responses: { 200: { $ref: '#/responses/Found' } } } } },
    });
    expect(JSON.parse(reading.tools[0]?.outputSchema ?? 'null')).toMatchObject({ properties: { name: {} } });
  });
});
