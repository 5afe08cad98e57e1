import type { CommandPolicyInput } from './grammar.ts';

type CommandInput = CommandPolicyInput['commands'][number];
type FormInput = Extract<CommandInput['forms'], { plain: unknown }>['plain'];

const lines = { kind: 'integer', minimum: 0, maximum: 10_000 } as const;
const paths = { name: 'paths', value: { kind: 'path' }, maximum: 32 } as const;
const revisions = { name: 'revisions', value: { kind: 'revision' }, maximum: 8, separated: false } as const;
const pattern = { kind: 'pattern' } as const;
const days = { kind: 'name' } as const;

const alone = (...names: readonly string[]): { names: string[] }[] => names.map((name) => ({ names: [name] }));

/** Settings of git that no repository overrides: nothing is run, fetched or asked. */
const gitSettings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.pager=cat',
  'core.editor=false',
  'core.askPass=false',
  'core.sshCommand=false',
  'core.gitProxy=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.untrackedCache=false',
  'diff.external=',
  'diff.ignoreSubmodules=all',
  'log.showSignature=false',
  'gpg.program=false',
  'gpg.ssh.program=false',
  'gpg.x509.program=false',
  'credential.helper=',
  'protocol.allow=never',
  'safe.directory=*',
  'safe.bareRepository=explicit',
  'submodule.recurse=false',
  'color.ui=false',
];

const shown = [
  ...alone('--stat', '--name-only', '--name-status', '--numstat', '--shortstat', '--patch', '-p', '--no-patch', '-s'),
  ...alone('--summary', '-w', '--ignore-all-space', '--minimal', '--no-renames'),
  { names: ['--unified'], value: lines },
];
const history = [
  ...alone(
    '--oneline',
    '--graph',
    '--all',
    '--merges',
    '--no-merges',
    '--first-parent',
    '--reverse',
    '--decorate',
    '--follow',
  ),
  { names: ['-n', '--max-count'], value: lines },
  { names: ['--skip'], value: lines },
  { names: ['--since', '--after', '--until', '--before'], value: days },
  { names: ['--author', '--grep', '--format', '-S', '-G'], value: pattern },
];
const plainDiff = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=all'];

const gitForms: Record<string, FormInput> = {
  status: {
    fixed: ['--ignore-submodules=all'],
    flags: alone('-s', '--short', '-b', '--branch', '--porcelain'),
    positionals: [paths],
  },
  log: { fixed: plainDiff, flags: [...history, ...shown], positionals: [revisions, paths] },
  diff: {
    fixed: plainDiff,
    flags: [...shown, ...alone('--cached', '--staged', '--merge-base')],
    positionals: [revisions, paths],
  },
  show: {
    fixed: plainDiff,
    flags: [...shown, { names: ['--format'], value: pattern }],
    positionals: [revisions, paths],
  },
  blame: {
    fixed: ['--no-textconv'],
    flags: [...alone('-w', '--porcelain'), { names: ['-L'], value: { kind: 'name' } }],
    positionals: [
      { ...revisions, maximum: 1 },
      { ...paths, minimum: 1, maximum: 1 },
    ],
  },
  'ls-files': {
    flags: alone('--cached', '--deleted', '--modified', '--others', '--exclude-standard', '--stage'),
    positionals: [paths],
  },
  'rev-parse': {
    flags: alone('--short', '--abbrev-ref', '--verify', '--is-inside-work-tree'),
    positionals: [revisions],
  },
  branch: { fixed: ['--list'], flags: alone('--all', '-a', '--remotes', '-r', '--verbose', '-v') },
  tag: { fixed: ['--list'] },
  'merge-base': { positionals: [{ ...revisions, minimum: 2, maximum: 2 }] },
};

const script: FormInput = {
  positionals: [
    {
      name: 'script',
      value: { kind: 'choice', values: ['test', 'lint', 'typecheck', 'check', 'build'] },
      minimum: 1,
      separated: false,
    },
  ],
};

/** What may be run where the operator says nothing else: reading, and the test runners of four ecosystems. */
export const startingPolicy: CommandPolicyInput = {
  commands: [
    {
      name: 'git',
      summary: 'Reads the history and the state of a repository; it changes, fetches and runs nothing',
      effect: 'read',
      guard: 'git',
      environment: {
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_SYSTEM: '/dev/null',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_ATTR_NOSYSTEM: '1',
        GIT_TERMINAL_PROMPT: '0',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_LITERAL_PATHSPECS: '1',
        GIT_NO_LAZY_FETCH: '1',
        GIT_NO_REPLACE_OBJECTS: '1',
        GIT_ALLOW_PROTOCOL: '',
        GIT_PAGER: 'cat',
      },
      fixed: ['--no-pager', ...gitSettings.flatMap((setting) => ['-c', setting])],
      forms: { subcommands: gitForms },
    },
    {
      name: 'rg',
      summary: 'Searches files by a regular expression',
      effect: 'read',
      fixed: ['--no-config', '--no-messages', '--color=never', '--no-heading', '--line-number', '--max-columns=2000'],
      forms: {
        plain: {
          flags: [
            ...alone('-i', '--ignore-case', '-S', '--smart-case', '-w', '--word-regexp', '-F', '--fixed-strings'),
            ...alone('-l', '--files-with-matches', '-c', '--count', '-v', '--invert-match', '-o', '--only-matching'),
            ...alone('-n', '--line-number', '-U', '--multiline', '--json', '--sort-files'),
            { names: ['-A', '--after-context', '-B', '--before-context', '-C', '--context'], value: lines },
            { names: ['-m', '--max-count', '--max-depth'], value: lines },
            { names: ['-g', '--glob'], value: pattern },
            { names: ['-t', '--type', '-T', '--type-not'], value: { kind: 'name' } },
          ],
          positionals: [{ name: 'pattern', value: pattern, minimum: 1 }, paths],
        },
      },
    },
    {
      name: 'ls',
      summary: 'Lists folders',
      effect: 'read',
      fixed: ['--color=never'],
      forms: {
        plain: {
          flags: alone(
            '-l',
            '-a',
            '-A',
            '-1',
            '-h',
            '-R',
            '-t',
            '-S',
            '-r',
            '-d',
            '--all',
            '--almost-all',
            '--recursive',
          ),
          positionals: [paths],
        },
      },
    },
    {
      name: 'cat',
      summary: 'Reads files',
      effect: 'read',
      forms: { plain: { flags: alone('-n', '--number'), positionals: [{ ...paths, minimum: 1 }] } },
    },
    {
      name: 'node',
      summary: "Runs tests with Node's own test runner",
      effect: 'write',
      needsSandbox: true,
      fixed: ['--test'],
      forms: { plain: { flags: [{ names: ['--test-name-pattern'], value: pattern }], positionals: [paths] } },
    },
    {
      name: 'npm',
      summary: 'Runs the scripts test, lint, typecheck, check and build of a package',
      effect: 'write',
      needsSandbox: true,
      environment: { npm_config_offline: 'true', npm_config_update_notifier: 'false', npm_config_cache: '/tmp/.npm' },
      forms: { subcommands: { test: {}, run: script } },
    },
    {
      name: 'go',
      summary: 'Tests and vets Go packages, without fetching anything',
      effect: 'write',
      needsSandbox: true,
      environment: {
        GOPROXY: 'off',
        GOTOOLCHAIN: 'local',
        GOFLAGS: '-mod=readonly',
        GOCACHE: '/tmp/.go',
        GOPATH: '/tmp/go',
      },
      forms: {
        subcommands: {
          test: {
            flags: [
              ...alone('-v', '--v', '--short', '--race', '--cover'),
              { names: ['--run', '--skip'], value: pattern },
              { names: ['--count'], value: { kind: 'integer', minimum: 1, maximum: 100 } },
            ],
            positionals: [{ name: 'packages', value: { kind: 'packages' }, maximum: 32, separated: false }],
          },
          vet: { positionals: [{ name: 'packages', value: { kind: 'packages' }, maximum: 32, separated: false }] },
        },
      },
    },
    {
      name: 'cargo',
      summary: 'Tests and checks Rust packages, without fetching anything',
      effect: 'write',
      needsSandbox: true,
      environment: { CARGO_NET_OFFLINE: 'true', CARGO_TERM_COLOR: 'never', CARGO_HOME: '/tmp/.cargo' },
      forms: {
        subcommands: Object.fromEntries(
          ['test', 'check'].map((name) => [
            name,
            {
              fixed: ['--offline'],
              flags: [
                ...alone('--workspace', '--lib', '--release', '--all-features', '--no-default-features'),
                { names: ['-p', '--package', '--test', '--bin', '--features'], value: { kind: 'name' } as const },
              ],
              ...(name === 'test'
                ? { positionals: [{ name: 'filter', value: { kind: 'name' } as const, separated: false }] }
                : {}),
            },
          ]),
        ),
      },
    },
  ],
};
