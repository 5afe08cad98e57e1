import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acme } from './acme.test-client.ts';
import { deploymentStatus, type Deployment, type DeploymentStatus, type Service } from './schemas.ts';

const commit = 'd'.repeat(40);
const wanted = { serviceId: 'search', environment: 'production', version: '2.0.0', commit, requestedBy: 'mei' };
const all = deploymentStatus.options;
const moves = new Set([
  'queued building',
  'queued cancelled',
  'building deploying',
  'building failed',
  'building cancelled',
  'deploying succeeded',
  'deploying failed',
]);

async function deployed(api: ReturnType<typeof acme>, version: string): Promise<Deployment> {
  let current = (await api.post('/deployments', { ...wanted, version })).body as Deployment;
  for (const status of ['building', 'deploying', 'succeeded']) {
    current = (await api.post(`/deployments/${current.id}/advance`, { status })).body as Deployment;
  }
  return current;
}

describe('deployments', () => {
  it('move only along the allowed statuses, and remember each one', async () => {
    const steps = fc.array(fc.constantFrom(...all.filter((status) => status !== 'queued' && status !== 'rolled_back')));
    const property = fc.asyncProperty(steps, async (attempts) => {
      const api = acme();
      let status: DeploymentStatus = 'queued';
      const expected: DeploymentStatus[] = ['queued'];
      const { id } = (await api.post('/deployments', wanted)).body as Deployment;
      for (const attempt of attempts) {
        const allowed: boolean = moves.has(`${status} ${attempt}`);
        const answer = await api.post(`/deployments/${id}/advance`, { status: attempt });
        expect(answer.status).toBe(allowed ? 200 : 409);
        if (allowed) expected.push((status = attempt));
      }
      const { history, finishedAt } = (await api.get(`/deployments/${id}`)).body as Deployment;
      expect(history.map((entry) => entry.status)).toEqual(expected);
      expect(finishedAt === null).toBe(['queued', 'building', 'deploying'].includes(status));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('become live when they succeed, and keep what they replaced', async () => {
    const api = acme();
    const first = await deployed(api, '2.0.0');
    const second = await deployed(api, '2.1.0');
    expect(first.replaces).toBeNull();
    expect(second.replaces).toBe(first.id);
    const service = (await api.get('/services/search')).body as Service;
    expect(service.live).toEqual({ staging: null, production: second.id });
  });

  it('roll back to the version that was live before', async () => {
    const api = acme();
    const first = await deployed(api, '2.0.0');
    const second = await deployed(api, '2.1.0');
    const answer = await api.post(`/deployments/${second.id}/rollback`, { requestedBy: 'amara', reason: 'Slow' });
    expect(answer.body).toMatchObject({ version: '2.0.0', status: 'queued', rollbackOf: second.id, replaces: null });
    expect((await api.get(`/deployments/${second.id}`)).body).toMatchObject({ status: 'rolled_back' });
    expect((await api.get(`/deployments/${first.id}`)).body).toMatchObject({ status: 'succeeded' });
    expect((await api.post(`/deployments/${second.id}/rollback`, { requestedBy: 'mei', reason: 'Again' })).status).toBe(
      409,
    );
  });

  it('cannot roll back the first one, and change nothing when refused', async () => {
    const api = acme();
    const first = await deployed(api, '2.0.0');
    const answer = await api.post(`/deployments/${first.id}/rollback`, { requestedBy: 'mei', reason: 'Slow' });
    expect(answer).toMatchObject({ status: 409, body: { detail: `Nothing was live before ${first.id}.` } });
    expect((await api.get(`/deployments/${first.id}`)).body).toEqual(first);
  });

  it('keep an environment busy until they finish', async () => {
    const api = acme();
    const { id } = (await api.post('/deployments', wanted)).body as Deployment;
    expect((await api.post('/deployments', wanted)).status).toBe(409);
    expect((await api.post('/deployments', { ...wanted, environment: 'staging' })).status).toBe(201);
    await api.post(`/deployments/${id}/advance`, { status: 'cancelled' });
    expect((await api.post('/deployments', wanted)).status).toBe(201);
  });
});
