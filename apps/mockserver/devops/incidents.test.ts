import { describe, expect, it } from 'vitest';
import { acme } from './acme.test-client.ts';
import type { Incident, TimelineEntry } from './schemas.ts';

describe('incidents', () => {
  it('go from open to acknowledged to resolved, and the timeline tells it all', async () => {
    const api = acme();
    const facts = { title: 'No results', severity: 'sev1', serviceId: 'search', openedBy: 'monitor' };
    const { id } = (await api.post('/incidents', facts)).body as Incident;
    await api.post(`/incidents/${id}/acknowledge`, { by: 'mei' });
    await api.post(`/incidents/${id}/timeline`, { by: 'mei', text: 'The index is empty.' });
    const resolved = await api.post(`/incidents/${id}/resolve`, {
      by: 'mei',
      cause: 'A bad import',
      actions: ['Reindexed'],
    });
    expect(resolved.body).toMatchObject({
      status: 'resolved',
      commander: 'mei',
      resolution: { cause: 'A bad import', actions: ['Reindexed'] },
      impact: { customersAffected: null, regions: [] },
    });
    const { entries } = (await api.get(`/incidents/${id}/timeline`)).body as { entries: TimelineEntry[] };
    expect(entries.map((entry) => `${entry.kind} by ${entry.by}`)).toEqual([
      'opened by monitor',
      'acknowledged by mei',
      'note by mei',
      'resolved by mei',
    ]);
  });

  it('are acknowledged and resolved only once', async () => {
    const api = acme();
    const acknowledge = () => api.post('/incidents/INC-302/acknowledge', { by: 'amara' });
    expect([(await acknowledge()).status, (await acknowledge()).status]).toEqual([200, 409]);
    const resolve = () => api.post('/incidents/INC-302/resolve', { by: 'amara', cause: 'A missing index' });
    expect([(await resolve()).status, (await resolve()).status]).toEqual([200, 409]);
  });

  it('need a service and a deployment that exist', async () => {
    const facts = { title: 'Slow', severity: 'sev2', serviceId: 'nowhere', openedBy: 'mei' };
    const api = acme();
    expect(await api.post('/incidents', facts)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.serviceId' }] },
    });
    const answer = await api.post('/incidents', { ...facts, serviceId: 'search', deploymentId: 'DEP-1' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'body.deploymentId' }] } });
  });
});
