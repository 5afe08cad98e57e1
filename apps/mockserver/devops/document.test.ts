import { validate } from '@readme/openapi-parser';
import { silentTelemetry } from '@devmesh/foundation';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMockserver, demoToken } from '../index.ts';

interface DocumentOperation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  requestBody?: { content: Record<string, { schema: { $ref: string } }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: { $ref: string } }> }>;
}

interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, DocumentOperation>>;
  components: {
    responses: Record<string, { content: Record<string, { schema: { $ref: string } }> }>;
    schemas: Record<string, object>;
  };
}

interface Call {
  path?: Record<string, string>;
  query?: string;
  body?: unknown;
}

const commit = 'c'.repeat(40);
const newDeployment = { serviceId: 'search', environment: 'staging', version: '1.9.1', commit, requestedBy: 'mei' };

/** One call per operation that succeeds on the seeded data. */
const successes: Record<string, Call> = {
  listServices: { query: 'tier=critical&team=money&limit=5' },
  getService: { path: { serviceId: 'checkout' } },
  listIssues: { query: 'state=open&priority=urgent&priority=high&label=bug&text=voucher' },
  createIssue: { body: { title: 'Slow start', labels: ['performance'], serviceId: 'search' } },
  getIssue: { path: { issueId: 'ISS-1001' } },
  updateIssue: { path: { issueId: 'ISS-1001' }, body: { assignee: null, priority: 'low' } },
  closeIssue: { path: { issueId: 'ISS-1003' }, body: { reason: 'duplicate', duplicateOf: 'ISS-1001' } },
  listIssueComments: { path: { issueId: 'ISS-1001' }, query: 'limit=1' },
  addIssueComment: { path: { issueId: 'ISS-1001' }, body: { author: 'jonas', text: 'Grüße' } },
  deleteIssueComment: { path: { issueId: 'ISS-1001', commentId: 'CMT-5001' } },
  listDeployments: { query: 'active=true&status=building' },
  createDeployment: { body: newDeployment },
  getDeployment: { path: { deploymentId: 'DEP-2003' } },
  advanceDeployment: { path: { deploymentId: 'DEP-2006' }, body: { status: 'deploying' } },
  rollbackDeployment: { path: { deploymentId: 'DEP-2003' }, body: { requestedBy: 'amara', reason: 'Slow' } },
  listIncidents: { query: 'status=open&severity=sev1&severity=sev2' },
  openIncident: { body: { title: 'Empty results', severity: 'sev3', serviceId: 'search', openedBy: 'mei' } },
  getIncident: { path: { incidentId: 'INC-302' } },
  acknowledgeIncident: { path: { incidentId: 'INC-302' }, body: { by: 'amara' } },
  resolveIncident: { path: { incidentId: 'INC-302' }, body: { by: 'amara', cause: 'A missing index' } },
  getIncidentTimeline: { path: { incidentId: 'INC-301' } },
  addIncidentNote: { path: { incidentId: 'INC-302' }, body: { by: 'amara', text: 'Rolling back.' } },
};

/** Calls that the seeded state refuses. */
const conflicts: Record<string, Call> = {
  closeIssue: { path: { issueId: 'ISS-1004' }, body: {} },
  createDeployment: { body: { ...newDeployment, serviceId: 'payments' } },
  advanceDeployment: { path: { deploymentId: 'DEP-2005' }, body: { status: 'deploying' } },
  rollbackDeployment: { path: { deploymentId: 'DEP-2001' }, body: { requestedBy: 'amara', reason: 'Slow' } },
  acknowledgeIncident: { path: { incidentId: 'INC-301' }, body: { by: 'amara' } },
  resolveIncident: { path: { incidentId: 'INC-301' }, body: { by: 'amara', cause: 'None' } },
};

const origin = 'http://acme.test';
const newServer = () => createMockserver({ port: 0, log: silentTelemetry.log });
const document = (await (await newServer().fetch(new Request(`${origin}/openapi.json`))).json()) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
);
type Listed = (typeof operations)[number];

const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
ajv.addSchema({ $id: 'doc', ...document });
function schemaAt(reference: string): ValidateFunction {
  return ajv.getSchema(`doc${reference}`)!;
}

interface Variation {
  token?: string | undefined;
  type?: string;
  rawBody?: string;
  idempotencyKey?: string;
}

function request(operation: Listed, call: Call, variation: Variation = {}): Request {
  const token = 'token' in variation ? variation.token : demoToken;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => call.path?.[name] ?? 'missing');
  const headers = new Headers();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (variation.idempotencyKey !== undefined) headers.set('idempotency-key', variation.idempotencyKey);
  const body = variation.rawBody ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  if (body !== undefined) headers.set('content-type', variation.type ?? 'application/json');
  const query = call.query === undefined ? '' : `?${call.query}`;
  const url = document.servers[0]!.url + path + query;
  return new Request(url, { method: operation.method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) });
}

const asPromised = 'as promised';

/** `as promised` when the document promises this status with a schema that accepts the body; else what is wrong. */
async function verdict(operation: Listed, response: Response, status: number): Promise<string> {
  const text = await response.text();
  if (response.status !== status) return `${String(response.status)} ${text}`;
  const promised = operation.responses[String(status)];
  if (promised === undefined) return `${operation.operationId} does not promise ${String(status)}`;
  const content = (promised.$ref === undefined ? promised : resolve(promised.$ref)).content;
  if (content === undefined) return text === '' ? asPromised : `no body was promised: ${text}`;
  const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
  const schema = content[mediaType]?.schema.$ref;
  if (schema === undefined) return `${mediaType} was not promised`;
  const accepts = schemaAt(schema);
  return accepts(JSON.parse(text)) ? asPromised : JSON.stringify(accepts.errors);
}

function resolve(reference: string) {
  return document.components.responses[reference.split('/').at(-1)!]!;
}

function elsewhere(call: Call): Call {
  const path = Object.fromEntries(
    Object.entries(call.path ?? {}).map(([name, id]) => [
      name,
      id.replace(/\d+$/, '999999').replace(/^[a-z].*/, 'none'),
    ]),
  );
  return { ...call, path };
}

describe('the OpenAPI document', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const result = await validate(structuredClone(document) as never);
    expect(result.valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('names the server that it was read from', () => {
    expect(document.servers[0]!.url).toBe(`${origin}/v1`);
  });

  it('describes every operation, with unique identifiers, and every one is tried here', () => {
    expect(operations.map((operation) => operation.operationId).sort()).toEqual(Object.keys(successes).sort());
    for (const operation of operations) {
      expect(operation.tags).toHaveLength(1);
      expect(operation.summary).not.toBe('');
      expect(operation.description.length).toBeGreaterThan(30);
    }
  });
});

describe.each(operations)('$operationId', (operation) => {
  const call = successes[operation.operationId]!;
  const promises = (status: number): boolean => String(status) in operation.responses;
  const successStatus = Number(Object.keys(operation.responses).find((status) => status.startsWith('2')));

  it('succeeds with what the document promises', async () => {
    expect(await verdict(operation, await newServer().fetch(request(operation, call)), successStatus)).toBe(asPromised);
  });

  it('accepts bodies that its schema accepts', () => {
    const schema = operation.requestBody?.content['application/json']?.schema.$ref;
    expect(schema === undefined ? undefined : schemaAt(schema)(call.body)).toBe(
      call.body === undefined ? undefined : true,
    );
  });

  it('refuses a missing and a wrong token with 401', async () => {
    for (const token of [undefined, 'wrong']) {
      expect(await verdict(operation, await newServer().fetch(request(operation, call, { token })), 401)).toBe(
        asPromised,
      );
    }
  });

  it('refuses an unknown query parameter with 422 that names it', async () => {
    const response = await newServer().fetch(request(operation, { ...call, query: 'nonsense=1' }));
    expect(await response.clone().text()).toContain('nonsense');
    expect(await verdict(operation, response, 422)).toBe(asPromised);
  });

  it('promises 404 and 409 only where they happen', () => {
    expect(promises(404)).toBe(call.path !== undefined);
    const idempotent = JSON.stringify(document.paths[operation.path]?.[operation.method]).includes('idempotencyKey');
    expect(promises(409)).toBe(operation.operationId in conflicts || idempotent);
  });
});

describe.each(operations.filter((operation) => operation.requestBody !== undefined))(
  '$operationId, which takes a body,',
  (operation) => {
    const call = successes[operation.operationId]!;

    it('refuses bodies that are undeclared, broken, wrong or too large', async () => {
      const attempt = (variation: Variation) => newServer().fetch(request(operation, call, variation));
      expect(await verdict(operation, await attempt({ type: 'text/plain' }), 415)).toBe(asPromised);
      expect(await verdict(operation, await attempt({ rawBody: '{"a":' }), 400)).toBe(asPromised);
      expect(await verdict(operation, await attempt({ rawBody: '{"unknown":true}' }), 422)).toBe(asPromised);
      expect(await verdict(operation, await attempt({ rawBody: JSON.stringify('x'.repeat(1_100_000)) }), 413)).toBe(
        asPromised,
      );
    });
  },
);

describe.each(operations.filter((operation) => operation.path.includes('{')))(
  '$operationId, which names a record,',
  (operation) => {
    const call = successes[operation.operationId]!;

    it('answers 404 for what does not exist', async () => {
      expect(await verdict(operation, await newServer().fetch(request(operation, elsewhere(call))), 404)).toBe(
        asPromised,
      );
    });
  },
);

describe.each(operations.filter((operation) => operation.operationId in conflicts))(
  '$operationId, which the state may refuse,',
  (operation) => {
    it('answers 409 when the state refuses it', async () => {
      expect(
        await verdict(operation, await newServer().fetch(request(operation, conflicts[operation.operationId]!)), 409),
      ).toBe(asPromised);
    });
  },
);

describe.each(operations.filter((operation) => '201' in operation.responses))(
  '$operationId, which creates,',
  (operation) => {
    const call = successes[operation.operationId]!;

    it('answers again, without acting again, under one Idempotency-Key', async () => {
      const server = newServer();
      const variation = { idempotencyKey: 'once-only' };
      const first = await (await server.fetch(request(operation, call, variation))).text();
      const again = await server.fetch(request(operation, call, variation));
      expect(await again.clone().text()).toBe(first);
      expect(await verdict(operation, again, 201)).toBe(asPromised);
      const other = await server.fetch(request(operation, call, { ...variation, rawBody: '{}' }));
      expect(await verdict(operation, other, 409)).toBe(asPromised);
    });
  },
);

describe('request bodies', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('amara', 'sev1', 'checkout', 'low', ' ', '2.1.0', 'building'));
  const value = fc.oneof(text, fc.constant(null), fc.integer({ min: -1, max: 9 }), fc.array(text, { maxLength: 3 }));
  const withBodies = operations.filter((operation) => operation.requestBody !== undefined);

  it('are judged by the server exactly as the document says [mockserver.real-state]', async () => {
    const server = newServer();
    const property = fc.asyncProperty(
      fc.constantFrom(...withBodies),
      fc.dictionary(fc.nat(), value, { maxKeys: 3 }),
      async (operation, changes) => {
        const reference = operation.requestBody!.content['application/json']!.schema.$ref;
        const call = successes[operation.operationId]!;
        const schema = document.components.schemas[reference.split('/').at(-1)!] as { properties: object };
        const names = Object.keys(schema.properties);
        const mutated: Record<string, unknown> = { ...(call.body as object) };
        for (const [index, changed] of Object.entries(changes)) mutated[names[Number(index) % names.length]!] = changed;
        const answer = await server.fetch(request(operation, { ...call, body: mutated }));
        const accepted = schemaAt(reference)(mutated);
        const problem =
          answer.status === 422 ? ((await answer.json()) as { errors: { message: string }[] }) : undefined;
        const aboutOtherRecords = problem?.errors.every((error) =>
          /^There is no|^Only a dup|^Name the|^An issue/.test(error.message),
        );
        expect(answer.status === 422 && aboutOtherRecords !== true).toBe(!accepted);
      },
    );
    await fc.assert(property, { numRuns: 400 });
  });
});
