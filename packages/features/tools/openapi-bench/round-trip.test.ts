import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedDocuments } from './bench-options.fixture.ts';
import { documentNames } from './read-folder.fixture.ts';
import { roundTrip } from './round-trip.fixture.ts';

const point = { type: 'object', required: ['x'], properties: { x: { type: 'integer' }, y: { type: 'integer' } } };
const list = { type: 'array', items: { type: 'integer' } };

const query = (name: string, style: string, explode: boolean, schema: object) => ({
  name,
  in: 'query',
  style,
  explode,
  schema,
});

const json = (schema: object) => ({ required: true, content: { 'application/json': { schema } } });
const tree = {
  type: 'object',
  required: ['name', 'parts'],
  properties: { name: { type: 'string' }, parts: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
};
const shown = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'nowhere'],
  properties: { id: { type: 'integer', readOnly: true }, name: { type: 'string' } },
};

const styles = {
  openapi: '3.1.0',
  info: { title: 'Styles', version: '1' },
  servers: [{ url: 'https://api.example.com' }],
  components: { schemas: { Tree: tree } },
  paths: {
    '/p/{simple}/{label}/{matrix}': {
      get: {
        parameters: [
          { name: 'simple', in: 'path', required: true, schema: list },
          { name: 'label', in: 'path', required: true, style: 'label', explode: true, schema: point },
          { name: 'matrix', in: 'path', required: true, style: 'matrix', explode: true, schema: list },
          query('form', 'form', false, list),
          query('each', 'form', true, list),
          query('deep', 'deepObject', true, point),
          query('pipes', 'pipeDelimited', false, list),
          query('spaces', 'spaceDelimited', false, list),
          { name: 'json', in: 'query', content: { 'application/json': { schema: point } } },
          { name: 'X-List', in: 'header', schema: list },
          { name: 'cookie', in: 'cookie', schema: { type: 'string' } },
        ],
        responses: { 200: { description: '' } },
      },
    },
    '/json': { post: { requestBody: { required: true, content: { 'application/json': { schema: point } } } } },
    '/form': { post: { requestBody: { content: { 'application/x-www-form-urlencoded': { schema: point } } } } },
    '/multipart': {
      post: {
        requestBody: {
          content: {
            'multipart/form-data': {
              schema: { properties: { file: { type: 'string', format: 'binary' }, at: point, names: list } },
            },
          },
        },
      },
    },
    '/tree': { post: { requestBody: json({ $ref: '#/components/schemas/Tree' }) } },
    '/blurred': { post: { requestBody: json({ oneOf: [{ type: 'object' }, { $ref: '#/components/schemas/Tree' }] }) } },
    '/shown': { post: { requestBody: json({ ...shown, example: { id: 1, name: 'shown' } }) } },
    '/text': { put: { requestBody: { content: { 'text/plain': { schema: { type: 'string' } } } } } },
    '/bytes': { put: { requestBody: { content: { 'application/octet-stream': {} } } } },
  },
};

const swagger = {
  swagger: '2.0',
  info: { title: 'Old', version: '1' },
  host: 'api.example.com',
  paths: {
    '/find': {
      get: {
        parameters: ['csv', 'ssv', 'pipes', 'multi'].map((collectionFormat) => ({
          name: collectionFormat,
          in: 'query',
          type: 'array',
          items: { type: 'integer' },
          collectionFormat,
        })),
      },
    },
    '/keep': { post: { parameters: [{ name: 'body', in: 'body', required: true, schema: point }] } },
  },
};

describe('calls of tools, judged by a mock that read the document by itself', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'round-trip-'));
    writeFileSync(join(folder, 'styles.json'), JSON.stringify(styles));
    writeFileSync(join(folder, 'swagger.json'), JSON.stringify(swagger));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('are accepted in every style, with and without what is optional [tools.round-trip]', async () => {
    const { tools, accepted, refused } = await roundTrip(folder, documentNames(folder, ''));
    expect(refused.entries().flatMap(({ examples }) => examples)).toEqual([]);
    expect([tools, accepted]).toEqual([11, 11]);
  }, 60_000);
});

const shared = sharedDocuments();
const sampled = ['argo-cd.json', 'slack-web-v2.json', 'spotify-official.yaml'];
const everyNth = 15;

describe.skipIf(!existsSync(shared))('real documents (skipped where SHARED_EVAL is not there)', () => {
  it('have some of their tools called, and each call accepted', async () => {
    const { tools, accepted } = await roundTrip(shared, sampled, everyNth);
    expect(tools).toBeGreaterThan(20);
    expect(accepted).toBe(tools);
  }, 60_000);
});
