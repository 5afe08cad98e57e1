import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { document, read } from '../reading/reading.fixture.ts';
import { components, openApiSchema } from './schema.fixture.ts';

/** Refuses every keyword that JSON Schema 2020-12 does not have, and keywords that say nothing where they stand. */
const strict = new Ajv2020({
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  allowMatchingProperties: true,
  validateFormats: false,
  addUsedSchema: false,
  logger: false,
});

const toolsOf = (version: string, schemas: object, schema: unknown) => {
  const json = { content: { 'application/json': { schema } } };
  const operation = {
    parameters: [{ name: 'p', in: 'query', schema }],
    requestBody: json,
    responses: { 200: json },
  };
  const form = { requestBody: { content: { 'multipart/form-data': { schema } } } };
  const paths = { '/json': { post: operation }, '/form': { post: form } };
  return read(document(paths, { openapi: version, components: { schemas } })).tools;
};

describe('any schema of a document', () => {
  it('becomes a strict schema of JSON Schema 2020-12 on every side of a call [tools.import]', () => {
    fc.assert(
      fc.property(fc.constantFrom('3.0.3', '3.1.0'), components, openApiSchema, (version, schemas, schema) => {
        for (const tool of toolsOf(version, schemas, schema)) {
          const shown = [
            tool.inputSchema,
            ...(tool.outputSchema === null ? [] : [JSON.parse(tool.outputSchema) as object]),
          ];
          for (const one of shown) {
            expect(one).toMatchObject({ type: 'object' });
            expect(() => strict.compile(one)).not.toThrow();
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('ends, whatever value it judges', () => {
    fc.assert(
      fc.property(
        components,
        openApiSchema,
        fc.dictionary(fc.constantFrom('p', 'body', 'a', 'b'), fc.jsonValue()),
        (schemas, schema, value) => {
          for (const { inputSchema } of toolsOf('3.1.0', schemas, schema)) {
            expect(typeof strict.compile(inputSchema)(value)).toBe('boolean');
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses no answer that is an object [tools.answers]', () => {
    const answers = fc.dictionary(fc.constantFrom('a', 'b', 'id', 'type', 'x'), fc.constantFrom(null, 1, 'x', true), {
      maxKeys: 4,
    });
    const plain = fc.record(
      {
        type: fc.constantFrom('string', 'integer', 'number', 'boolean'),
        enum: fc.constant(['never']),
        maxLength: fc.constant(0),
        pattern: fc.constant('^$'),
        format: fc.constant('uri'),
        const: fc.constant('never'),
        nullable: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const objects = fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'id'), plain, { maxKeys: 3 }),
        required: fc.constant(['a', 'missing']),
        additionalProperties: fc.constantFrom(false, true),
        minProperties: fc.constant(3),
        not: fc.constant({}),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(
        fc.oneof(objects, fc.record({ oneOf: fc.array(objects, { minLength: 1, maxLength: 3 }) })),
        answers,
        (schema, answer) => {
          const [tool] = toolsOf('3.0.3', {}, schema);
          expect(strict.compile(JSON.parse(tool?.outputSchema ?? 'null') as object)(answer)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
