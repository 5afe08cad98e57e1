import type { TextPlant } from './plant.ts';

const keyvalue = 'packages/infrastructure/keyvalue';

/** Bugs that a change of the program could bring. */
export const textPlants: readonly TextPlant[] = [
  {
    name: 'no-role',
    breaks: 'transactions run as the owner of the tables, whom no policy holds',
    check: 'pool',
    file: 'packages/infrastructure/database/tenant.ts',
    find: 'begin; set local role devmesh_app; select',
    replace: 'begin; select',
    caughtBy: /rows of another tenant were seen/u,
  },
  {
    name: 'cache-without-tenant',
    breaks: 'a cache keeps one value under a key for all tenants',
    check: 'shared',
    file: `${keyvalue}/cache.ts`,
    find: `    read: async (tenantId, key, load) => {
      checkKey(tenantId, key);`,
    replace: `    read: async (_tenantId, key, load) => {
      const tenantId = '00000000-0000-0000-0000-000000000000';`,
    caughtBy: /a cache gives B the value of A/u,
  },
  {
    name: 'rate-limit-without-tenant',
    breaks: 'all tenants take from one allowance',
    check: 'shared',
    file: `${keyvalue}/rate-limit.ts`,
    find: 'await takeAll(tenantId, wanted)',
    replace: "await takeAll('', wanted)",
    caughtBy: /what A used up is taken from B's limit/u,
  },
  {
    name: 'sessions-without-tenant',
    breaks: 'whoever knows the id of a session reaches it',
    check: 'shared',
    file: `${keyvalue}/sessions.ts`,
    find: '`${tenantId}:session:${id}`',
    replace: '`${tenantId.slice(0, 0)}:session:${id}`',
    caughtBy: /B can keep or end a session of A/u,
  },
  {
    name: 'blobs-without-tenant',
    breaks: 'blobs of all tenants lie in one folder',
    check: 'shared',
    file: 'packages/infrastructure/blob/name.ts',
    find: 'return [tenantId, sha256.slice(0, 2), sha256];',
    replace: "return ['all', sha256.slice(0, 2), sha256];",
    caughtBy: /B reads a blob of A by its digest/u,
  },
  {
    name: 'breaker-without-tenant',
    breaks: 'one circuit for a host serves all tenants',
    check: 'shared',
    file: 'packages/features/tools/resilience/upstreams.ts',
    find: 'const key = `${tenantId} ${name}`;',
    replace: 'const key = `${tenantId.slice(0, 0)} ${name}`;',
    caughtBy: /A's failed calls open the breaker of B/u,
  },
  {
    name: 'list-across-tenants',
    breaks: 'a list is read by a job that sees all tenants',
    check: 'sweep',
    file: 'packages/features/events/service.ts',
    find: `      return database.tenant(tenantId, async (tx) => {
        const head`,
    replace: `      return database.system('deliver', async (tx) => {
        void tenantId;
        const head`,
    caughtBy: /system\.listEvents .*tells B what only A has/u,
  },
  {
    name: 'forbidden-not-missing',
    breaks: 'a thing of somebody else is answered with 403 and one of nobody with 404',
    check: 'sweep',
    file: 'packages/features/deliveries/endpoints.ts',
    find: 'get: ({ tenantId }, endpointId) => database.tenant(tenantId, (tx) => readEndpoint(tx, endpointId)),',
    replace: `get: async ({ tenantId }, endpointId) => {
      const { sql } = await import('kysely');
      const known = await database.system('deliver', (tx) =>
        sql\`select tenant_id from mcp.webhook_endpoints where id = \${endpointId} and tenant_id <> \${tenantId}\`.execute(tx),
      );
      if (known.rows.length > 0) throw new MeshError('forbidden', 'This endpoint is not yours.');
      return database.tenant(tenantId, (tx) => readEndpoint(tx, endpointId));
    },`,
    caughtBy: /endpoints\.get with a foreign endpointId .* answers 403/u,
  },
  {
    name: 'attempts-unrecorded',
    breaks: 'nobody learns that somebody asks for what is not there',
    check: 'sweep',
    file: 'apps/rest-api/attempts.ts',
    find: "if (error.code !== 'not_found' || subject === undefined) return;",
    replace: 'if (subject !== undefined) return;\n  throw new Error(error.code);',
    caughtBy: /B's trail has no entry of it/u,
  },
  {
    name: 'operation-unsweepable',
    breaks: 'a new operation takes an id of which nobody said what it names',
    check: 'sweep',
    file: 'packages/api/operations/tasks.ts',
    find: 'const taskParams = z.object({ taskId: id });',
    replace: 'const taskParams = z.object({ taskId: id, gadgetId: id.optional() });',
    caughtBy: /gadgetId: nothing of A is known that could be asked for/u,
  },
  {
    name: 'blob-without-row',
    breaks: 'a sealed value opens in any row',
    check: 'blobs',
    file: 'packages/features/vault/sealed.ts',
    find: 'return JSON.stringify([place.tenantId, place.table, place.row, place.field]);',
    replace: 'return JSON.stringify([place.tenantId, place.table, place.field]);',
    caughtBy: /opens in a place that it was not sealed for/u,
  },
  {
    name: 'token-of-any-audience',
    breaks: 'a token for somebody else is taken',
    check: 'tokens',
    file: 'packages/features/signin/access-token.ts',
    find: `    audience: [...audiences()],
    clockTolerance`,
    replace: `    clockTolerance`,
    caughtBy: /token attack was not refused: .*audience/u,
  },
  {
    name: 'link-unchecked',
    breaks: 'the links of a trail are not computed anew',
    check: 'tampering',
    file: 'packages/features/audit/format/verify.ts',
    find: 'if (!linkHash(state.hash, seq, hash).equals(chain)) {',
    replace: 'if (!linkHash(state.hash, seq, hash).equals(chain) && seq < 0) {',
    caughtBy: /tampering was not found/u,
  },
];
