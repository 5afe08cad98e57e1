import type { Service } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { createHealth } from './service.ts';

const service = (name: string, ready: Service['ready']): Service => ({
  name,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  ready,
});
const works = () => Promise.resolve();
const ready = () => Promise.resolve({ ready: true });

describe('health', () => {
  it('is ok only while every engine and every service works', async () => {
    const health = createHealth({
      version: '1',
      engines: { database: works },
      services: () => [service('worker', ready)],
    });
    expect(await health.check()).toEqual({
      status: 'ok',
      version: '1',
      components: [
        { name: 'database', ready: true },
        { name: 'worker', ready: true },
      ],
    });
  });

  it.each([
    ['an engine fails', () => Promise.reject(new Error('down')), ready, 'database'],
    ['a service is not ready', works, () => Promise.resolve({ ready: false, reason: 'it has not started' }), 'worker'],
    ['a service cannot even say', works, () => Promise.reject(new Error('broken')), 'worker'],
  ])('is degraded when %s, and names it with a reason', async (_name, engine, readiness, broken) => {
    const services = () => [service('worker', readiness)];
    const report = await createHealth({ version: '1', engines: { database: engine }, services }).check();
    expect(report.status).toBe('degraded');
    const unready = report.components.filter((component) => !component.ready);
    expect(unready).toMatchObject([{ name: broken, reason: expect.stringMatching(/.+/u) }]);
  });

  it('waits for no part that never answers', async () => {
    const silent = () => new Promise<never>(() => undefined);
    const report = await createHealth({ version: '1', engines: { stream: silent }, services: () => [] }).check();
    expect(report).toMatchObject({ status: 'degraded', components: [{ name: 'stream', ready: false }] });
  });
});
