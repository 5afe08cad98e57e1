import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkArguments } from './check-arguments.ts';
import { openCommandRunner, type CommandRunner } from './command-runner.ts';
import { escapes, type Escape } from './escapes.fixture.ts';
import { commandPolicySchema } from './grammar.ts';
import { canary, makeJail, type TestJail } from './jail.fixture.ts';
import { findExecutable } from './executables.ts';
import { startingPolicy } from './starting-policy.ts';

const missing = (await findExecutable('bwrap')) === undefined;

/** Runs of both kinds of isolation try the same, so that no escape is only stopped by the sandbox. */
const isolations = [
  { kind: 'process', bubblewrap: 'no-such-bubblewrap', skip: false },
  { kind: 'sandbox', bubblewrap: 'bwrap', skip: missing },
] as const;

it('are many, each named once', () => {
  expect(escapes.length).toBeGreaterThanOrEqual(80);
  const told = escapes.map(({ command, args, cwd }) => JSON.stringify([command, args, cwd]));
  expect(new Set(told).size).toBe(told.length);
});

it('programs that this host may lack are refused the same arguments [edge.commands-jailed]', () => {
  const tried = escapes.filter(
    ({ command, why }) => ['npm', 'go', 'cargo'].includes(command) && why !== 'a file outside',
  );
  expect(tried.length).toBeGreaterThan(10);
  for (const { command, args } of tried) {
    const described = commandPolicySchema.parse(startingPolicy).commands.find(({ name }) => name === command)!;
    expect(() => checkArguments(described, args)).toThrow(/Nothing was run/u);
  }
});

describe.each(isolations)('escapes from a jail held as a $kind', ({ kind, bubblewrap, skip }) => {
  describe.skipIf(skip)('have no effect (sandboxes need bubblewrap on this host)', () => {
    let jail: TestJail;
    let runner: CommandRunner;
    let before: string;
    beforeAll(async () => {
      jail = makeJail();
      before = jail.outsideNow();
      runner = await openCommandRunner({
        root: jail.root,
        policy: commandPolicySchema.parse(startingPolicy),
        organizations: [],
        longestSeconds: 60,
        atOnce: 4,
        bubblewrap,
      });
    });
    afterAll(() => jail.remove());

    const placed = (text: string): string => text.replaceAll('$OUT', jail.outside).replaceAll('$JAIL', jail.root);
    const tryOut = async ({ command, args, cwd }: Escape): Promise<{ refused: boolean; told: string }> => {
      const asked = { command, args: args.map(placed), ...(cwd === undefined ? {} : { cwd: placed(cwd) }) };
      const prepared = await runner.prepare(asked).catch((error: Error & { code?: string }) => error);
      if (prepared instanceof Error) {
        expect(prepared).toMatchObject({ code: 'invalid_request' });
        return { refused: true, told: prepared.message };
      }
      const { stdout, stderr } = await prepared.run(new AbortController().signal, () => undefined);
      return { refused: false, told: stdout.text + stderr.text };
    };

    it('the isolation is what it says it is', () => {
      expect(runner.isolation.kind).toBe(kind);
      expect(runner.isolation.sentence).toContain(kind === 'sandbox' ? 'no network' : 'WEAKER ISOLATION');
    });

    it.each(escapes)('$command: $why [edge.commands-jailed]', async (escape) => {
      const { refused, told } = await tryOut(escape);
      expect(refused || escape.harmless === true).toBe(true);
      expect(told).not.toContain(canary);
      expect(told).not.toContain('root:x:0');
      expect(jail.outsideNow()).toBe(before);
    });

    it('what is not an escape runs [edge.commands-jailed]', async () => {
      const answers = async (command: string, ...args: readonly string[]): Promise<string> => {
        const prepared = await runner.prepare({ command, args });
        const { stdout, stderr, exitCode } = await prepared.run(new AbortController().signal, () => undefined);
        expect(`${String(exitCode)} ${stderr.text}`).toBe('0 ');
        return stdout.text;
      };
      expect(await answers('cat', 'file.txt')).toBe('inside\n');
      expect(await answers('ls', '-la', 'sub')).toContain('total');
      expect(await answers('git', 'log', '--oneline', '-n', '1')).toContain('inside');
      expect(await answers('git', 'log', '--format=%s', 'HEAD', '--', 'file.txt')).toBe('inside\n');
      expect(await answers('git', 'show', '--unified', '0', 'HEAD')).toContain('+inside');
      expect(await answers('git', 'status', '--short')).toContain('?? evil.sh');
      expect(await answers('git', 'diff', 'HEAD')).toBe('');
      expect(await answers('git', 'blame', 'file.txt')).toContain('inside');
      expect(await answers('git', 'branch', '-a')).toContain('main');
      expect(await answers('git', 'rev-parse', '--abbrev-ref', 'HEAD')).toBe('main\n');
    });
  });
});
