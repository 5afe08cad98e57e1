import { describe, expect, test } from 'vitest';
import { groupServices, runServices, type Service } from './service.ts';
import { silentTelemetry, type Logger } from './telemetry.ts';

interface Behavior {
  readonly start?: () => Promise<void>;
  readonly stop?: () => Promise<void>;
}

function recorded(log: string[], name: string, behavior: Behavior = {}): Service {
  return {
    name,
    start: async () => {
      log.push(`start ${name}`);
      await behavior.start?.();
    },
    ready: () => Promise.resolve({ ready: true }),
    stop: async () => {
      log.push(`stop ${name}`);
      await behavior.stop?.();
    },
  };
}

function rememberingLog(failures: { readonly error: unknown; readonly service: unknown }[]): Logger {
  return {
    ...silentTelemetry.log,
    error: (_message, error, attributes) => failures.push({ error, service: attributes?.['service.name'] }),
  };
}

const fail = (message: string) => () => Promise.reject(new Error(message));
const never = (): Promise<void> => new Promise(() => undefined);

describe('running services', () => {
  test('starts in order and stops in reverse [services.ordered]', async () => {
    const log: string[] = [];
    const services = ['a', 'b', 'c'].map((name) => recorded(log, name));
    const running = await runServices(services, { log: silentTelemetry.log });
    await running.stop();
    expect(log).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('stops only once, however often it is asked', async () => {
    const log: string[] = [];
    const running = await runServices([recorded(log, 'a')], { log: silentTelemetry.log });
    await Promise.all([running.stop(), running.stop()]);
    await running.stop();
    expect(log).toEqual(['start a', 'stop a']);
  });

  test('takes back a failed start, the failed one included, and throws the failure', async () => {
    const log: string[] = [];
    const services = [recorded(log, 'a'), recorded(log, 'b', { start: fail('no port') }), recorded(log, 'c')];
    await expect(runServices(services, { log: silentTelemetry.log })).rejects.toThrow('no port');
    expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  test('logs a failed stop and still stops the rest', async () => {
    const log: string[] = [];
    const failures: { error: unknown; service: unknown }[] = [];
    const services = [recorded(log, 'a'), recorded(log, 'b', { stop: fail('stuck') })];
    const running = await runServices(services, { log: rememberingLog(failures) });
    await expect(running.stop()).rejects.toThrow('not every service stopped cleanly');
    expect(log.at(-1)).toBe('stop a');
    expect(failures).toEqual([{ error: new Error('stuck'), service: 'b' }]);
  });

  test('leaves a service behind that does not stop within the grace period', async () => {
    const log: string[] = [];
    const failures: { error: unknown; service: unknown }[] = [];
    const services = [recorded(log, 'a'), recorded(log, 'b', { stop: never })];
    const running = await runServices(services, { log: rememberingLog(failures), graceMilliseconds: 10 });
    await expect(running.stop()).rejects.toThrow('not every service stopped cleanly');
    expect(log.at(-1)).toBe('stop a');
    expect(failures.map((failure) => failure.service)).toEqual(['b']);
    expect(String(failures[0]?.error)).toContain('did not stop within the 10 ms');
  });

  test('drains all at once before it stops the first, and waits no longer than it may', async () => {
    const log: string[] = [];
    const drained = (name: string, drain: () => Promise<void>): Service => ({
      ...recorded(log, name),
      drain: () => {
        log.push(`drain ${name}`);
        return drain();
      },
    });
    const services = [drained('a', never), recorded(log, 'b'), drained('c', () => Promise.resolve())];
    const running = await runServices(services, { log: silentTelemetry.log, graceMilliseconds: 10 });
    await expect(running.stop()).rejects.toThrow('not every service stopped cleanly');
    expect(log.slice(3)).toEqual(['drain c', 'drain a', 'stop c', 'stop b', 'stop a']);
  });
});

describe('a group of services', () => {
  test('starts in order, stops in reverse although one fails, and tells the failure', async () => {
    const log: string[] = [];
    const members = [recorded(log, 'a'), recorded(log, 'b', { stop: fail('stuck') }), recorded(log, 'c')];
    const group = groupServices('group', members);
    await group.start();
    await expect(group.stop()).rejects.toThrow('parts of group did not stop cleanly');
    expect(log).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('is ready when every member is, and otherwise says why', async () => {
    const unready = { ...recorded([], 'b'), ready: () => Promise.resolve({ ready: false, reason: 'not yet' }) };
    expect(await groupServices('group', [recorded([], 'a')]).ready()).toEqual({ ready: true });
    expect(await groupServices('group', [recorded([], 'a'), unready]).ready()).toEqual({
      ready: false,
      reason: 'not yet',
    });
  });
});
