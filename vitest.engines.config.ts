import { suitesExcept } from './vitest.config.ts';

/** The suites that DATABASE_URL and REDIS_URL change something for; what is left out here never looks at them. */
export default suitesExcept([
  'packages/{api,foundation,mcp}/**',
  'packages/infrastructure/{blob,embedder,http,journal,telemetry,threads}/**',
  'packages/infrastructure/database/{disk-room,embedded,fair-mutex,folder-lock,pglite}.test.ts',
  'packages/infrastructure/redis/{cluster,sentinel,tls}.test.ts',
  'packages/features/tools/{calling,naming,openapi-bench,reading,resilience,schema,screening}/**',
  'packages/features/tools/upstream-mcp/stdio/**',
  'packages/features/tools/results/{showing,answer-body,paging/paging}.test.ts',
  'packages/features/tools/drift/compare-schemas.test.ts',
  'packages/features/tools/definitions/{preset-arguments,route-rules}.test.ts',
  'packages/features/tools/credentials/{check-credential,choose-credentials,sign-v4,traces}.test.ts',
  'packages/features/deliveries/{agenda,breaker,excerpt,filter,lanes,signature}.test.ts',
  'packages/features/knowledge/{chunk,plan,rules}.test.ts',
  'packages/features/webhooks/kinds/{document,vectors}.test.ts',
  'packages/features/policy/engine/**',
  'apps/{console,edge-mcp,mockserver}/**',
  'scripts/**',
  'test/{architecture,console,console-sign-in,errors-document,map,requirements}.test.ts',
  // Others' programs, floods and the proof itself: .ci/run gives each a step of its own.
  'test/{clients,conformance,fuzz,prove}/**',
]);
