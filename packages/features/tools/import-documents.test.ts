import { silentTelemetry } from '@devmesh/foundation';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocumentReader } from './reading/document-reader.ts';
import { nothing, openToolsBench, type ToolsBench } from './tools.fixture.ts';

const root = (reference: string) =>
  JSON.stringify({
    openapi: '3.0.3',
    servers: [{ url: '/api' }],
    paths: {
      '/pets': {
        $ref: 'paths/pets.yaml#/pets',
      },
      '/owners': {
        post: {
          operationId: 'addOwner',
          requestBody: { required: true, content: { 'application/json': { schema: { $ref: reference } } } },
        },
      },
    },
  });

const pets = [
  'pets:',
  '  post:',
  '    operationId: addPet',
  '    parameters: [{ $ref: "../parameters.yaml#/limit" }]',
  '    requestBody:',
  '      required: true',
  '      content:',
  '        application/json: { schema: { $ref: "../schemas/pet.json" } }',
].join('\n');

const files: Record<string, string> = {
  'paths/pets.yaml': pets,
  'parameters.yaml': 'limit: { name: limit, in: query, schema: { type: integer } }',
  'schemas/pet.json': JSON.stringify({
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, parent: { $ref: '#' }, owner: { $ref: 'owner.json#/definitions/Owner' } },
  }),
  'schemas/owner.json': JSON.stringify({
    definitions: { Owner: { type: 'object', properties: { pets: { type: 'array', items: { $ref: 'pet.json' } } } } },
  }),
};

describe('documents that lead to others', () => {
  let bench: ToolsBench;
  let server: Server;
  let origin = '';
  const asked: { url: string; authorization: string | undefined }[] = [];
  beforeAll(async () => {
    bench = await openToolsBench({ reader: createDocumentReader(silentTelemetry) });
    server = createServer(({ url = '', headers }, response) => {
      asked.push({ url, authorization: headers.authorization });
      const path = url.slice('/spec/'.length);
      if (path === 'openapi.json') response.end(root('schemas/owner.json#/definitions/Owner'));
      else if (path === 'elsewhere.json') response.end(root(`${bench.origin}/openapi.json#/info`));
      else if (path === 'redirecting.json') response.end(root('moved.json#/definitions/Owner'));
      else if (path === 'moved.json') response.writeHead(302, { location: `${bench.origin}/openapi.json` }).end();
      else if (files[path] === undefined) response.writeHead(404).end();
      else response.end(files[path]);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await bench.close();
  });

  const whole = {
    properties: {
      limit: { type: 'integer' },
      name: { type: 'string' },
      parent: { $ref: '#/$defs/pet' },
      owner: { $ref: '#/$defs/Owner' },
    },
    required: ['name'],
    $defs: { Owner: { properties: { pets: { items: { $ref: '#/$defs/pet' } } } } },
  };

  it('are read whole over their addresses, without the credential [tools.references]', async () => {
    const principal = await bench.newPrincipal();
    const credential = { kind: 'bearer', token: 'secret-of-the-service' } as const;
    const request = { name: 'pets', url: `${origin}/spec/openapi.json`, credential };
    const imported = await bench.tools.import(principal, request, nothing);
    expect(imported).toMatchObject({
      skipped: [],
      loosened: [],
      tool: { baseUrl: `${origin}/api`, operationCount: 2 },
    });
    const { items } = await bench.catalogueOf(principal);
    expect(items.map(({ name }) => name)).toEqual(['pets_addOwner', 'pets_addPet']);
    expect(items[1]?.inputSchema).toMatchObject(whole);
    expect(asked.map(({ url }) => url).toSorted()).toEqual(
      ['openapi.json', ...Object.keys(files)].map((path) => `/spec/${path}`).toSorted(),
    );
    expect(asked.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it.each([
    ['elsewhere.json', 'leads to another origin, which is not asked'],
    ['redirecting.json', 'redirects to another origin'],
  ])('never ask other origins for %s: that part stays open', async (document, reason) => {
    const principal = await bench.newPrincipal();
    const request = { name: 'pets', url: `${origin}/spec/${document}` };
    const imported = await bench.tools.import(principal, request, nothing);
    expect(imported.tool.operationCount).toBe(2);
    expect(imported.loosened).toMatchObject([
      { path: '/owners', code: 'reference_unresolved', reason: expect.stringContaining(reason) as string },
    ]);
  });

  it('are read whole from uploaded files, and nothing else is read [tools.references]', async () => {
    const principal = await bench.newPrincipal();
    const before = asked.length;
    const request = { name: 'pets', baseUrl: origin, document: root(`${origin}/spec/schemas/owner.json`), files };
    const imported = await bench.tools.import(principal, { ...request, documentPath: './api.json' }, nothing);
    expect((await bench.catalogueOf(principal)).items[1]?.inputSchema).toMatchObject(whole);
    expect(imported.loosened).toMatchObject([{ path: '/owners', code: 'reference_unresolved' }]);
    expect(asked).toHaveLength(before);
  });

  it.each(['file:///etc/hostname', '/etc/hostname', '../../../../../etc/hostname', 'paths/gone.yaml#/a'])(
    'stay open at %s when they are uploaded',
    async (reference) => {
      const principal = await bench.newPrincipal();
      const request = { name: 'pets', baseUrl: origin, document: root(reference), files };
      const imported = await bench.tools.import(principal, request, nothing);
      expect(imported.loosened).toMatchObject([{ path: '/owners', code: 'reference_unresolved' }]);
      expect(imported.tool.operationCount).toBe(2);
    },
  );

  it('keep their report, which can be read again [tools.report]', async () => {
    const principal = await bench.newPrincipal();
    const request = { name: 'pets', baseUrl: origin, document: root('gone.json') };
    const imported = await bench.tools.import(principal, request, nothing);
    expect(imported.skipped).toMatchObject([{ method: '*', path: '/pets', code: 'path_item_unresolved' }]);
    expect(imported.loosened).toMatchObject([{ path: '/owners', code: 'reference_unresolved' }]);
    const { tool, ...report } = imported;
    expect(await bench.tools.report(principal, tool.id)).toEqual(report);
    await expect(bench.tools.report(await bench.newPrincipal(), tool.id)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('are called where the values of server variables lead', async () => {
    const principal = await bench.newPrincipal();
    const servers = [
      { url: 'https://{region}.example.com', variables: { region: { default: 'us', enum: ['us', 'eu'] } } },
    ];
    const document = JSON.stringify({ openapi: '3.0.0', servers, paths: { '/x': { get: {} } } });
    const importing = (region: string) =>
      bench.tools.import(principal, { name: 'x', document, serverVariables: { region } }, nothing);
    await expect(importing('mars')).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await importing('eu')).tool.baseUrl).toBe('https://eu.example.com');
  });
});
