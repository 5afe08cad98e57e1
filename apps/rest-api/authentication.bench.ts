import { createClient, operations } from '@devmesh/api';
import type { Features } from '@devmesh/features';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { fromRequest } from './incoming.ts';
import type { RestApi } from './index.ts';
import { openTestApi } from './rest-api.fixture.ts';

const origin = 'http://api.bench';
const password = 'a-long-enough-passphrase-1';
const rounds = 3_000;

/** What authentication and both decisions add to a request, in milliseconds, once its caller was seen; on the configured engines. */
export async function run(): Promise<Record<string, number>> {
  const world = await openTestApi();
  try {
    return await measure(world.api, world.features);
  } finally {
    await world.close();
  }
}

async function measure(api: RestApi, features: Features): Promise<Record<string, number>> {
  const { key, token, setPolicies } = await register(api);
  const figures: Record<string, number> = {};
  Object.assign(figures, await added('keyMilliseconds', features, key));
  Object.assign(figures, await added('accessTokenMilliseconds', features, token));
  await setPolicies();
  Object.assign(figures, await added('keyWithPoliciesMilliseconds', features, key));
  Object.assign(figures, await added('accessTokenWithPoliciesMilliseconds', features, token));
  return figures;
}

async function register(api: RestApi) {
  const { fetch } = api;
  const slug = `bench-${String(Date.now())}`;
  const owner = { email: 'bench@example.com', name: 'Bench', password };
  const anybody = createClient({ baseUrl: origin, fetch });
  const { adminKey } = await anybody.identity.registerOrganization({ body: { slug, name: 'Bench', owner } });
  const signedIn = await anybody.signIn.password({
    body: { organization: slug, email: owner.email, password, session: 'tokens' },
  });
  const client = createClient({ baseUrl: origin, fetch, key: adminKey.token });
  return {
    key: adminKey.token,
    token: signedIn.accessToken ?? '',
    setPolicies: () => client.policy.set({ body: { text: tenPolicies(), expectedRevision: 0 } }),
  };
}

/** One permits everything; the others look at the branch of calls. */
function tenPolicies(): string {
  const forbids = Array.from(
    { length: 9 },
    (_none, n) =>
      `@id("p${String(n)}") forbid(principal, action == Action::"call", resource in Service::"service${String(n)}") when { context.arguments.hasTag("branch") && context.arguments.getTag("branch") == "main" };`,
  );
  return ['@id("all") permit(principal, action, resource);', ...forbids].join('\n');
}

/** Authentication and the two decisions about a task that is to be created, as the pipeline asks them. */
async function added(name: string, features: Features, credential: string): Promise<Record<string, number>> {
  const headers = { authorization: `Bearer ${credential}` };
  const body = { title: 'T', capability: 'code-review', input: { branch: 'feature' } };
  const parsed = { params: undefined, query: undefined, body, rawBody: undefined };
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const request = new Request(`${origin}/api/v1/tasks`, { method: 'POST', headers });
    const startedAt = performance.now();
    const principal = await authenticate(features, fromRequest(request, {}));
    await authorize(features, operations.tasks.createTask, { principal });
    await authorize(features, operations.tasks.createTask, { principal, parsed });
    if (round >= rounds / 10) times.push(performance.now() - startedAt);
  }
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { [`${name}P50`]: at(0.5), [`${name}P99`]: at(0.99) };
}
