import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { MeshError } from '@devmesh/foundation';
import { afterEach, describe, expect, it } from 'vitest';
import { connectUpstream, type UpstreamConnection } from '../connection.ts';
import { checkProgram, type StdioProgram, type StdioRules } from './program.ts';
import { speaker } from './programs.fixture.ts';
import { createStdioTransport } from './transport.ts';

const rules: StdioRules = { commands: [process.execPath], processesPerTenant: 2, megabytes: 512 };
const open: UpstreamConnection[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
});

const programOf = (rest: Partial<StdioProgram> = {}): StdioProgram => ({
  command: process.execPath,
  args: ['-e', speaker],
  cwd: undefined,
  environment: {},
  ...rest,
});

const start = async (rest: Partial<StdioProgram> = {}, maximumMessageBytes = 1024 * 1024) => {
  const connection = await connectUpstream({
    open: () =>
      Promise.resolve(
        createStdioTransport({ program: programOf(rest), megabytes: rules.megabytes, maximumMessageBytes }),
      ),
    transport: 'stdio',
    declared: {},
    clientInfo: { name: 'test', version: '1' },
    onListChanged: () => undefined,
    onResourceUpdated: () => undefined,
  });
  open.push(connection);
  const call = async (name: string): Promise<string> => {
    const { content } = await connection.client.callTool({ name, arguments: {} });
    return (content[0] as { text: string }).text;
  };
  return { connection, call };
};

const runs = async (pid: number | string): Promise<boolean> => {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+[ZX]/mu.test(status);
};

describe('a program that speaks MCP', () => {
  it('is spoken with over its standard streams [upstream.transports]', async () => {
    const { connection } = await start();
    expect(connection).toMatchObject({ modern: false, protocolVersion: expect.stringMatching(/^2025-/u) });
    expect((await connection.client.listTools()).tools.map(({ name }) => name)).toContain('pid');
  });

  it('knows nothing of our environment but what it was given [upstream.programs]', async () => {
    process.env['DEVMESH_TEST_SECRET'] = 'hunter2';
    const { call } = await start({ environment: { GIVEN: 'yes' } });
    const environment = JSON.parse(await call('environment')) as Record<string, string>;
    delete process.env['DEVMESH_TEST_SECRET'];
    expect(environment['GIVEN']).toBe('yes');
    expect(Object.keys(environment).toSorted()).toEqual(
      expect.arrayContaining(['DEVMESH_UPSTREAM_MARK', 'GIVEN', 'HOME', 'LANG', 'PATH']),
    );
    expect(JSON.stringify(environment)).not.toContain('hunter2');
    expect(environment['NODE_ENV']).toBeUndefined();
  });

  it('runs in the folder that it was given', async () => {
    const { call } = await start({ cwd: '/usr' });
    expect(await call('where')).toBe('/usr');
  });

  it('is ended with all that it started, also what left its group [upstream.programs]', async () => {
    const { connection, call } = await start();
    const pids = [await call('pid'), ...(await call('family')).split(' ')];
    await call('stubborn');
    for (const pid of pids) expect(await runs(pid)).toBe(true);
    await connection.close();
    for (const pid of pids) await expect.poll(() => runs(pid), { timeout: 5_000 }).toBe(false);
  }, 15_000);

  it('leaves nothing running when it ends by itself, and says why it ended [upstream.programs]', async () => {
    const { connection, call } = await start();
    const pids = (await call('family')).split(' ');
    const failure: unknown = await call('crash').catch((error: unknown) => connection.explain(error));
    expect(failure).toMatchObject({
      code: 'upstream_unreachable',
      message: expect.stringContaining('the disk is on fire'),
    });
    for (const pid of pids) await expect.poll(() => runs(pid), { timeout: 5_000 }).toBe(false);
    const unlicensed = start({ args: ['-e', "process.stderr.write('no licence'); process.exit(1)"] });
    await expect(unlicensed).rejects.toMatchObject({
      code: 'upstream_unreachable',
      message: expect.stringContaining('no licence'),
    });
  }, 15_000);

  it('ends when we are killed, with all that it started, though it ignores the end of its input [upstream.programs]', async () => {
    const stubborn = `process.stdin.resume(); process.on('SIGTERM', () => {});
      const { spawn } = require('node:child_process');
      const far = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
      setInterval(() => {}, 1000); console.log(process.pid + ' ' + far.pid);`;
    const child = new URL('child.ts', import.meta.url).href;
    const host = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `const { startChild } = await import(${JSON.stringify(child)});
         const started = await startChild({ command: process.execPath, args: ['-e', ${JSON.stringify(stubborn)}], cwd: undefined, environment: {}, megabytes: 512 });
         started.stdout.on('data', (chunk) => process.stdout.write(chunk));`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const line = await new Promise<string>((resolve) =>
      host.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    const pids = line.trim().split(' ');
    for (const pid of pids) expect(await runs(pid)).toBe(true);
    host.kill('SIGKILL');
    for (const pid of pids) await expect.poll(() => runs(pid), { timeout: 8_000 }).toBe(false);
  }, 20_000);

  it('is held to its memory [upstream.programs]', async () => {
    const { connection, call } = await start();
    await expect(call('hog')).rejects.toThrow('closed');
    await expect.poll(() => connection.closed, { timeout: 10_000 }).toBe(true);
  }, 20_000);

  it('is ended where it sends what never ends [upstream.bounded]', async () => {
    const { connection, call } = await start();
    await expect(call('endless')).rejects.toThrow('closed');
    expect(connection.closed).toBe(true);
  });
});

describe('the operator', () => {
  const refused = (program: Partial<StdioProgram>, given: Partial<StdioRules> = {}): MeshError => {
    try {
      checkProgram(programOf(program), { ...rules, ...given });
    } catch (error) {
      return error as MeshError;
    }
    throw new Error('it was let through');
  };

  it('allows commands by name, and none unless told [upstream.programs]', () => {
    expect(() => checkProgram(programOf(), rules)).not.toThrow();
    expect(refused({}, { commands: [] })).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('MCP_STDIO_COMMANDS'),
    });
    for (const command of ['/bin/sh', `${process.execPath} `, '../node', 'node']) {
      expect(refused({ command }).code).toBe('forbidden');
    }
  });

  it.each([
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'PATH',
    'PYTHONPATH',
    'BASH_ENV',
    'GIT_SSH',
    'ld_library_path',
    'DEVMESH_UPSTREAM_MARK',
  ])('lets nobody turn one into another by %s [upstream.programs]', (name) => {
    expect(refused({ environment: { [name]: 'x' } }).code).toBe('invalid_request');
  });

  it('sees no broken names, arguments and folders started', () => {
    expect(refused({ environment: { 'a b': 'x' } }).code).toBe('invalid_request');
    expect(refused({ args: ['a\0b'] }).code).toBe('invalid_request');
    expect(refused({ cwd: 'relative' }).code).toBe('invalid_request');
  });
});
