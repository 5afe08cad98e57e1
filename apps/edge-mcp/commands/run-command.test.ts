import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCommandRunner, type CommandRunner } from './command-runner.ts';
import { findExecutable } from './executables.ts';
import { commandPolicySchema } from './grammar.ts';
import { makeJail, type TestJail } from './jail.fixture.ts';
import type { Ended } from './run-command.ts';

const missing = (await findExecutable('bwrap')) === undefined;
const isolations = [
  { kind: 'process', bubblewrap: 'no-such-bubblewrap', skip: false },
  { kind: 'sandbox', bubblewrap: 'bwrap', skip: missing },
] as const;

const code = {
  summary: 'Runs code, as a package of an agent could',
  executable: process.execPath,
  fixed: ['-e'],
  forms: {
    plain: { positionals: [{ name: 'code', value: { kind: 'pattern' as const }, minimum: 1, separated: false }] },
  },
};
const policy = commandPolicySchema.parse({
  commands: [
    { ...code, name: 'code', effect: 'write' },
    { ...code, name: 'reading', effect: 'read' },
    { ...code, name: 'sandboxed', effect: 'write', needsSandbox: true },
  ],
});

/** Whether a process whose arguments hold the text is alive. */
function lives(text: string): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/u.test(name) || Number(name) === process.pid) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      return !/\) Z /u.test(stat) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

const stay = 'setInterval(() => {}, 1000);';

describe.each(isolations)('commands held as a $kind', ({ bubblewrap, kind, skip }) => {
  describe.skipIf(skip)('(sandboxes need bubblewrap on this host)', () => {
    let jail: TestJail;
    let runner: CommandRunner;
    const open = (atOnce: number) =>
      openCommandRunner({
        root: jail.root,
        policy,
        organizations: [],
        longestSeconds: 60,
        atOnce,
        bubblewrap,
        bounds: { keptBytes: 4_096, writtenBytes: 4_000_000, processes: 40 },
      });
    beforeAll(async () => {
      jail = makeJail();
      runner = await open(4);
    });
    afterAll(() => jail.remove());

    interface Asked {
      readonly command?: string;
      readonly seconds?: number;
      readonly signal?: AbortSignal;
      readonly onNews?: (news: string) => void;
    }
    const run = async (text: string, asked: Asked = {}): Promise<Ended> => {
      const { command = 'code', seconds = 30, signal = new AbortController().signal, onNews = () => undefined } = asked;
      return (await runner.prepare({ command, args: [text], timeoutSeconds: seconds })).run(signal, onNews);
    };

    it('answer what they wrote and how they ended', async () => {
      const ended = await run(`console.log('out'); console.error('err'); process.exitCode = 7`);
      expect(ended).toMatchObject({ ended: 'exited', exitCode: 7 });
      expect([ended.stdout.text, ended.stderr.text]).toEqual(['out\n', 'err\n']);
    });

    it('find an environment made of nothing', async () => {
      const { stdout } = await run('console.log(JSON.stringify(Object.keys(process.env)))');
      const names = ['CI', 'DEVMESH_COMMAND_MARK', 'HOME', 'LANG', 'NO_COLOR', 'PATH', 'TERM', 'TMPDIR'];
      const found = (JSON.parse(stdout.text) as string[]).filter((name) => name !== 'PWD').toSorted();
      expect(found).toEqual(names);
    });

    it('take everything with them when they take too long, whatever left their group, session or environment [edge.commands-jailed]', async () => {
      const token = randomUUID();
      const child = `process.on('SIGTERM', () => {}); ${stay} // ${token}`;
      const ways = [
        `{ stdio: 'ignore' }`,
        `{ stdio: 'ignore', detached: true }`,
        `{ stdio: 'inherit', detached: true }`,
        `{ stdio: 'inherit', detached: true, env: {} }`,
      ];
      const text = `for (const way of [${ways.join(', ')}]) require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], way).unref(); process.on('SIGTERM', () => {}); ${stay} // ${token}`;
      const ended = await run(text, { seconds: 1 });
      expect(ended.ended).toBe('timed_out');
      expect(lives(token)).toBe(false);
    });

    it('leave nothing behind when they end by themselves [edge.commands-jailed]', async () => {
      const token = randomUUID();
      const child = `${stay} // ${token}`;
      const text = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit', detached: true }).unref(); console.log('done')`;
      const ended = await run(text);
      expect([ended.ended, ended.stdout.text]).toEqual(['exited', 'done\n']);
      expect(lives(token)).toBe(false);
    });

    it('end when the caller cancels', async () => {
      const token = randomUUID();
      const cancelled = new AbortController();
      const ended = run(`console.log('ready'); ${stay} // ${token}`, {
        signal: cancelled.signal,
        onNews: (news) => {
          if (news.includes('ready')) cancelled.abort();
        },
      });
      expect(await ended).toMatchObject({ ended: 'cancelled' });
      expect(lives(token)).toBe(false);
    });

    it('tell what they wrote while they run', async () => {
      const told: string[] = [];
      const cancelled = new AbortController();
      await run(`let n = 0; setInterval(() => console.log('line ' + n++), 20)`, {
        signal: cancelled.signal,
        onNews: (news) => {
          told.push(news);
          if (told.length === 2) cancelled.abort();
        },
      });
      expect(told).toHaveLength(2);
      expect(told[1]).toContain('line');
    });

    it('have their output cut by the truth', async () => {
      const { stdout } = await run(`process.stdout.write('a'.repeat(5000) + 'z'.repeat(95000))`);
      expect(stdout).toMatchObject({ bytes: 100_000, truncated: true });
      expect(stdout.text).toBe(`${'a'.repeat(3_072)}\n[95904 bytes left out here]\n${'z'.repeat(1_024)}`);
    });

    it('are ended when they write without end', async () => {
      const ended = await run(`const f = () => process.stdout.write('x'.repeat(65536), f); f()`);
      expect(ended.ended).toBe('too_much');
      expect(ended.stdout.text.length).toBeLessThan(5_000);
    });

    it('are ended when they start processes without end [edge.commands-jailed]', async () => {
      const token = randomUUID().replaceAll(/\D/gu, '').slice(0, 9);
      const bomb = `for (let n = 0; n < 120; n++) require('child_process').spawn('sleep', ['4${token}'], { detached: true }).unref(); ${stay}`;
      const ended = await run(bomb);
      expect(ended.ended).toBe('too_much');
      expect(lives(`4${token}`)).toBe(false);
    });

    it('are refused beyond so many at once', async () => {
      const one = await open(1);
      const cancelled = new AbortController();
      const first = (await one.prepare({ command: 'code', args: [stay] })).run(cancelled.signal, () => undefined);
      const second = await one.prepare({ command: 'code', args: ['0'] });
      await expect(second.run(cancelled.signal, () => undefined)).rejects.toMatchObject({ code: 'conflict' });
      cancelled.abort();
      await first;
    });

    it('cannot make files without end', async () => {
      const text = `const fs = require('fs'); process.on('SIGXFSZ', () => {}); const f = fs.openSync('big', 'w'); try { fs.ftruncateSync(f, 2 ** 31) } catch (e) { console.log(e.code) }`;
      expect((await run(text)).stdout.text).toBe('EFBIG\n');
    });

    it.skipIf(kind === 'sandbox')(
      'are not offered where they run code of the jail [edge.commands-jailed]',
      async () => {
        expect(runner.commands.map(({ name }) => name)).toEqual(['code', 'reading']);
        await expect(runner.prepare({ command: 'sandboxed', args: ['0'] })).rejects.toMatchObject({
          code: 'invalid_request',
        });
      },
    );
    it.skipIf(kind === 'process')(
      'reach no network, no socket and no file of the host [edge.commands-jailed]',
      async () => {
        const servers = [createServer(), createServer()];
        const socket = join(jail.outside, 'socket');
        await new Promise<void>((resolve) => servers[0]!.listen(0, '127.0.0.1', resolve));
        await new Promise<void>((resolve) => servers[1]!.listen(socket, resolve));
        const { port } = servers[0]!.address() as AddressInfo;
        const text = `for (const to of [{ host: '127.0.0.1', port: ${String(port)} }, { path: '${socket}' }])
          require('net').connect(to).on('connect', () => console.log('connected')).on('error', (e) => console.log(e.code));
          for (const f of ['/etc/passwd', '/etc/shadow', '/root', '/var', '/run', '${jail.outside}'])
          if (require('fs').existsSync(f)) console.log('sees ' + f);`;
        const { stdout } = await run(text.replaceAll(/\n\s*/gu, ' '));
        for (const server of servers) server.close();
        expect(stdout.text.trim().split('\n').toSorted()).toEqual(['ECONNREFUSED', 'ENOENT']);
      },
    );

    it.skipIf(kind === 'process')(
      'write in the jail and nowhere else, and those that read write nowhere [edge.commands-jailed]',
      async () => {
        const text = `const fs = require('fs'); for (const f of ['made', '/usr/made', '/made', '/etc/made', '${jail.outside}/made']) try { fs.writeFileSync(f, 'x'); console.log('wrote ' + f) } catch {}`;
        expect((await run(text)).stdout.text).toBe('wrote made\n');
        expect(readFileSync(join(jail.root, 'made'), 'utf8')).toBe('x');
        expect((await run(text, { command: 'reading' })).stdout.text).toBe('');
      },
    );

    it.skipIf(kind === 'process')(
      'see no processes of the host, and have no rights over it [edge.commands-jailed]',
      async () => {
        const text = `const fs = require('fs'); console.log(fs.readdirSync('/proc').filter((n) => /^[0-9]+$/.test(n)).length < 6, /CapBnd:\\s*0+\\n/.test(fs.readFileSync('/proc/self/status', 'utf8')))`;
        expect((await run(text)).stdout.text).toBe('true true\n');
      },
    );
  });
});
