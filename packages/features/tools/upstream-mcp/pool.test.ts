import { MeshError } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import { SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import type { UpstreamConnection } from './connection.ts';
import { createUpstreamPool } from './pool.ts';
import type { UpstreamTarget } from './target.ts';

interface Opened {
  readonly target: UpstreamTarget;
  closed: boolean;
}

function world(options: { readonly failing?: () => Error | undefined; readonly processesPerTenant?: number } = {}) {
  const clock = fakeClock();
  const opened: Opened[] = [];
  const pool = createUpstreamPool({
    clock,
    processesPerTenant: options.processesPerTenant ?? 2,
    idleMilliseconds: 1_000,
    open: async (wanted) => {
      const failure = options.failing?.();
      if (failure !== undefined) throw failure;
      const one: Opened = { target: wanted, closed: false };
      opened.push(one);
      return {
        explain: (error: unknown) => error,
        get closed() {
          return one.closed;
        },
        close: async () => {
          one.closed = true;
        },
      } as unknown as UpstreamConnection;
    },
  });
  return { clock, opened, pool };
}

function target(key: string, rest: { readonly tenantId?: string; readonly program?: boolean } = {}): UpstreamTarget {
  const { tenantId = 't1', program = false } = rest;
  return {
    tenantId,
    toolId: 'tool',
    service: 'service',
    key: `${tenantId} tool ${key}`,
    address: program
      ? { transport: 'stdio', command: 'x', args: [], cwd: undefined, environment: {} }
      : { transport: 'http', url: 'http://x.test/' },
    credentials: {
      current: () => Promise.reject(new Error('not asked')),
      renew: () => Promise.resolve(false),
      traces: () => ['hunter2'],
    },
  };
}

const nothing = () => Promise.resolve();
const unreachable = () => new MeshError('upstream_unreachable', 'It is away.');

describe('connections to upstream servers', () => {
  it('are shared by calls of one owner, and by nobody else [upstream.credential]', async () => {
    const { opened, pool } = world();
    await Promise.all([pool.together(target('a'), nothing), pool.together(target('a'), nothing)]);
    expect(opened).toHaveLength(1);
    await pool.together(target('b'), nothing);
    await pool.together(target('a', { tenantId: 't2' }), nothing);
    expect(opened).toHaveLength(3);
  });

  it('belong to one call alone where the server may ask back, and are used again after it [upstream.relayed]', async () => {
    const { opened, pool } = world();
    const declared = { elicitation: {} };
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const used: UpstreamConnection[] = [];
    const work = (connection: UpstreamConnection) => {
      used.push(connection);
      return gate;
    };
    const calls = [pool.alone(target('a'), declared, work), pool.alone(target('a'), declared, work)];
    await expect.poll(() => used.length).toBe(2);
    expect(used[0]).not.toBe(used[1]);
    release();
    await Promise.all(calls);
    await pool.alone(target('a'), declared, nothing);
    expect(opened).toHaveLength(2);
    await pool.alone(target('a'), { sampling: {} }, nothing);
    await pool.together(target('a'), nothing);
    expect(opened).toHaveLength(4);
  });

  it('are closed when nobody used them for a while, never under a call', async () => {
    const { clock, opened, pool } = world();
    await pool.together(target('a'), nothing);
    const held = pool.together(target('b'), async () => {
      await clock.advance(5_000);
      pool.sweep();
    });
    await held;
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('are not tried again while a failure is fresh, and then are [tools.upstream-mcp]', async () => {
    let away = true;
    let tries = 0;
    const failing = () => {
      tries += 1;
      return away ? unreachable() : undefined;
    };
    const { clock, pool } = world({ failing });
    const call = () => pool.together(target('a'), () => Promise.resolve('answered'));
    await expect(call()).rejects.toMatchObject({ code: 'upstream_unreachable' });
    await expect(call()).rejects.toMatchObject({ message: expect.stringContaining('tried again in a moment') });
    expect(tries).toBe(1);
    await clock.advance(1_100);
    await expect(call()).rejects.toMatchObject({ code: 'upstream_unreachable' });
    await clock.advance(1_100);
    await expect(call()).rejects.toMatchObject({ code: 'upstream_unreachable' });
    expect(tries).toBe(2);
    away = false;
    pool.forgive('t1', 'tool');
    expect(await call()).toBe('answered');
  });

  it('are opened anew where the server forgot the session, once, and a broken one is let go [tools.upstream-mcp]', async () => {
    const { opened, pool } = world();
    let forgot = 2;
    const work = () => {
      forgot -= 1;
      const refused = new SdkHttpError(SdkErrorCode.ClientHttpUnexpectedContent, 'no session', { status: 404 });
      return forgot >= 0 ? Promise.reject(refused) : Promise.resolve('done');
    };
    await expect(pool.together(target('a'), work)).rejects.toThrow('no session');
    expect(await pool.together(target('a'), work).catch(() => undefined)).toBe('done');
    expect(opened).toHaveLength(2);
    let calls = 0;
    const broken = () => {
      calls += 1;
      return Promise.reject(unreachable());
    };
    await expect(pool.together(target('a'), broken)).rejects.toMatchObject({ code: 'upstream_unreachable' });
    expect(calls).toBe(1);
    await pool.together(target('a'), nothing);
    expect(opened).toHaveLength(3);
  });

  it('are so many programs of an organization and no more, and an idle one makes room [upstream.programs]', async () => {
    const { opened, pool } = world({ processesPerTenant: 2 });
    const busy = (key: string) => pool.together(target(key, { program: true }), () => new Promise(() => undefined));
    void busy('a');
    await pool.together(target('b', { program: true }), nothing);
    void busy('c');
    await expect.poll(() => opened.map(({ closed }) => closed)).toEqual([false, true, false]);
    const fourth = pool.together(target('d', { program: true }), nothing);
    await expect(fourth).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('2 programs') });
    await pool.together(target('e'), nothing);
    await pool.together(target('a', { program: true, tenantId: 't2' }), nothing);
  });

  it('say nothing of the credential when they fail [upstream.credential]', async () => {
    const { pool } = world();
    const failed = pool.together(target('a'), () => Promise.reject(new Error('your token hunter2 is bad')));
    await expect(failed).rejects.toThrow('your token [redacted] is bad');
  });

  it('are all closed at the end, and none is opened after it', async () => {
    const { opened, pool } = world();
    await pool.together(target('a'), nothing);
    await pool.close();
    expect(opened).toEqual([expect.objectContaining({ closed: true })]);
    await expect(pool.together(target('a'), nothing)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
