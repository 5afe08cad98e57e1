import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkArguments } from './check-arguments.ts';
import { commandPolicySchema, type Command, type Flag, type Form, type Value } from './grammar.ts';
import { checkConfiguration } from './guard-git.ts';
import { startingPolicy } from './starting-policy.ts';

const { commands } = commandPolicySchema.parse(startingPolicy);
const named = (name: string): Command => commands.find((command) => command.name === name)!;

const samples: Readonly<Record<Value['kind'], readonly string[]>> = {
  integer: ['1', '7'],
  choice: [],
  path: ['src', 'a b/c', './x', '../y', '*'],
  revision: ['main', 'HEAD~2', 'v1..v2', '@{u}'],
  pattern: ['x', 'a|b', '$(x)', '%H'],
  name: ['2.weeks', 'rust', '1,5'],
  packages: ['./...', './server'],
};
const valueOf = (value: Value): fc.Arbitrary<string> =>
  fc.constantFrom(...(value.kind === 'choice' ? value.values : samples[value.kind]));

const flagOf = ({ names, value }: Flag): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(fc.constantFrom(...names), value === undefined ? fc.constant('') : valueOf(value), fc.boolean())
    .map(([name, text, inline]) => {
      if (value === undefined) return [name];
      return inline && name.startsWith('--') ? [`${name}=${text}`] : [name, text];
    });

const argumentsOf = (form: Form): fc.Arbitrary<readonly string[]> => {
  const flags =
    form.flags.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...form.flags.map(flagOf)), { maxLength: 6 });
  const [before, after] = [false, true].map((separated) =>
    fc.tuple(
      ...form.positionals
        .filter((each) => each.separated === separated)
        .map(({ value, minimum, maximum }) =>
          fc.array(valueOf(value), { minLength: minimum, maxLength: Math.max(minimum, Math.min(maximum, 2)) }),
        ),
    ),
  ) as [fc.Arbitrary<string[][]>, fc.Arbitrary<string[][]>];
  return fc.tuple(flags, before, after).map(([one, two, three]) => {
    const separated = three.flat();
    return [...one.flat(), ...two.flat(), ...(separated.length === 0 ? [] : ['--', ...separated])];
  });
};

const described: fc.Arbitrary<{ command: Command; args: readonly string[] }> = fc
  .constantFrom(
    ...commands.flatMap((command) =>
      'plain' in command.forms
        ? [{ command, form: command.forms.plain, lead: [] as string[] }]
        : Object.entries(command.forms.subcommands).map(([name, form]) => ({ command, form, lead: [name] })),
    ),
  )
  .chain(({ command, form, lead }) => argumentsOf(form).map((args) => ({ command, args: [...lead, ...args] })));

const formOf = (command: Command, subcommand: string | undefined): Form =>
  'plain' in command.forms ? command.forms.plain : command.forms.subcommands[subcommand!]!;

function attempt(command: Command, args: readonly string[]): ReturnType<typeof checkArguments> | { code: string } {
  try {
    return checkArguments(command, args);
  } catch (error) {
    return { code: (error as { code?: string }).code ?? 'unknown' };
  }
}

/** The arguments before a `--` that begin with a dash and are no flag of the form, or have a value that they should not. */
function undescribed(form: Form, given: readonly string[]): readonly string[] {
  const rest = given.slice(0, given.includes('--') ? given.indexOf('--') : undefined);
  const wrong: string[] = [];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const kind = kindOf(form, arg);
    if (kind === 'unknown') wrong.push(arg);
    if (kind === 'valued' && /^(?!-)/u.exec(rest.shift() ?? '-') === null) wrong.push(arg);
  }
  return wrong;
}

function kindOf(form: Form, arg: string): 'text' | 'complete' | 'valued' | 'unknown' {
  if (!arg.startsWith('-')) return 'text';
  const name = arg.startsWith('--') ? arg.split('=')[0]! : arg;
  const flag = form.flags.find(({ names }) => names.includes(name));
  if (flag === undefined) return 'unknown';
  if (flag.value === undefined) return arg === name ? 'complete' : 'unknown';
  return arg.startsWith('--') ? 'complete' : 'valued';
}

describe('arguments', () => {
  it('that a policy describes are taken', () => {
    fc.assert(
      fc.property(described, ({ command, args }) => {
        expect(() => checkArguments(command, args)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('are, whatever is tried, only flags that are described, before a --, and nothing else [edge.commands-jailed]', () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '-',
        '--',
        '-c',
        '--output=x',
        '--output',
        '--pre',
        '-n',
        '-n1',
        '--max-count',
        '-la',
        'status',
        'log',
      ),
      fc.constantFrom(
        'HEAD',
        '../x',
        '-e',
        '--exec=x',
        '--=x',
        '--format',
        '--format=--output=x',
        '-S',
        'test',
        './...',
        '1',
      ),
    );
    let taken = 0;
    const refused = new Set<string>();
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.array(pieces, { maxLength: 6 }), (command, args) => {
        const checked = attempt(command, args);
        if ('code' in checked) {
          refused.add(checked.code);
          return;
        }
        taken += 1;
        const form = formOf(command, checked.subcommand);
        const lead = [
          ...command.fixed,
          ...(checked.subcommand === undefined ? [] : [checked.subcommand]),
          ...form.fixed,
        ];
        expect(checked.args.slice(0, lead.length)).toEqual(lead);
        expect(undescribed(form, checked.args.slice(lead.length))).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(100);
    expect([...refused]).toEqual(['invalid_request']);
  });

  it('keep the letters of a cluster apart, and take none that needs a value', () => {
    expect(checkArguments(named('ls'), ['-la', 'src']).args).toEqual(['--color=never', '-l', '-a', '--', 'src']);
    expect(() => checkArguments(named('git'), ['log', '-pn'])).toThrow(/-pn is not allowed/u);
  });

  it('that are refused are answered with what is allowed', () => {
    expect(() => checkArguments(named('git'), ['push'])).toThrow(/sub-command of git: status, log, diff/u);
    expect(() => checkArguments(named('cat'), ['-v', 'x'])).toThrow(/cat takes: -n; --number; <paths>/u);
    expect(() => checkArguments(named('npm'), ['run', 'evil'])).toThrow(/one of test, lint, typecheck/u);
  });
});

describe('the configuration of a repository', () => {
  it.each([
    '[core]\n\tsshCommand = x',
    '[CORE]\n\tFSMONITOR = x',
    '[core] fsmonitor = x',
    '[filter "lfs"]\n\tprocess = x',
    '[alias]\n\tx = !y',
    '[includeIf "gitdir:/"]\n\tpath = /x',
    '[remote "o"]\n\tpromisor = true',
    '[remote "o"]\n\tuploadpack = x',
    '[core]\n\tbare = false \\\n\tfsmonitor = x',
    '[extensions]\n\tworktreeConfig = true',
    '[diff "x"]\n\ttextconv = x',
    '[core]\n\rfsmonitor = x\n[x',
  ])('is refused with %j [edge.commands-jailed]', (text) => {
    expect(() => checkConfiguration(text)).toThrow(/Nothing was run/u);
  });

  it('is taken as git makes it', () => {
    const text =
      '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n; x\n[remote "origin"]\n\turl = https://example.com/a.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch "main"]\n\tremote = origin\n';
    expect(() => checkConfiguration(text)).not.toThrow();
  });
});
