import type { Random } from '../chaos/random.ts';

/** What a broken or hostile client says: the text or bytes of one message, and of which kind it is. */
export interface Malformed {
  readonly kind: string;
  readonly data: string | Buffer;
}

const methods = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'resources/read',
  'resources/subscribe',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'server/discover',
  'subscriptions/listen',
  '',
  'toString',
  '__proto__',
] as const;

const oddValues: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  2 ** 53,
  '',
  '\u0000',
  '\u202Etxt',
  'x'.repeat(5_000),
  [],
  [[]],
  {},
  { a: { b: { c: [] } } },
  'devmesh://tasks/../../x',
  "'; drop table mcp.organizations; --",
  '../../../etc/passwd',
  '%00%2e%2e%2f',
];

/** A message that is right, to be broken. */
function rightMessage(random: Random): Record<string, unknown> {
  const name = random.pick(['devmesh_agent_list', 'devmesh_task_create', 'nothing_here']);
  return {
    jsonrpc: '2.0',
    id: random.between(1, 1_000_000),
    method: random.pick(methods),
    params: { name, arguments: { q: 'x' }, cursor: 'abc', uri: 'devmesh://system/health', _meta: { progressToken: 1 } },
  };
}

type Maker = (random: Random) => string | Buffer;

/** The kinds, the cheap ones often and the large ones seldom. */
const makers: Readonly<Record<string, { readonly weight: number; readonly make: Maker }>> = {
  bytes: {
    weight: 10,
    make: (random) => Buffer.from(Array.from({ length: random.between(1, 300) }, () => random.between(0, 256))),
  },
  truncated: {
    weight: 15,
    make: (random) => {
      const text = JSON.stringify(rightMessage(random));
      return text.slice(0, random.between(1, text.length));
    },
  },
  mutated: { weight: 25, make: (random) => mutate(JSON.stringify(rightMessage(random)), random) },
  'wrong types': { weight: 20, make: (random) => JSON.stringify(withOdd(rightMessage(random), random)) },
  'odd parameters': {
    weight: 15,
    make: (random) => {
      const message = rightMessage(random);
      return JSON.stringify({ ...message, params: withOdd(message['params'] as Record<string, unknown>, random) });
    },
  },
  'no message': {
    weight: 5,
    make: (random) =>
      random.pick(['', ' ', 'null', '0', '"a"', '[]', '{}', '[[]]', '[null,1]', 'NaN', '\uFEFF{}', '{"a":1}{"b":2}']) ??
      '',
  },
  'answers to nothing': {
    weight: 5,
    make: (random) => JSON.stringify({ jsonrpc: '2.0', id: random.pick(oddValues), result: random.pick(oddValues) }),
  },
  prototypes: {
    weight: 3,
    make: () =>
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"x"},"constructor":{"prototype":{"a":1}}}}',
  },
  deep: {
    weight: 3,
    make: (random) => {
      const depth = random.between(60, 5_000);
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) ?? ['[', ']'];
      return `{"jsonrpc":"2.0","id":1,"method":"ping","params":${open.repeat(depth)}1${random.next() < 0.5 ? close.repeat(depth) : ''}}`;
    },
  },
  batches: {
    weight: 3,
    make: (random) =>
      JSON.stringify(Array.from({ length: random.between(1, 100) }, () => withOdd(rightMessage(random), random))),
  },
  wide: {
    weight: 0.05,
    make: () => `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[${'1,'.repeat(100_001)}1]}}`,
  },
  large: {
    weight: 0.02,
    make: (random) =>
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(random.between(3, 6) * 1_048_576)}"}}`,
  },
};

const total = Object.values(makers).reduce((sum, { weight }) => sum + weight, 0);

/** The next message by chance. */
export function malformed(random: Random): Malformed {
  let left = random.next() * total;
  for (const [kind, { weight, make }] of Object.entries(makers)) {
    left -= weight;
    if (left < 0) return { kind, data: make(random) };
  }
  return { kind: 'no message', data: '' };
}

/** Characters are removed, doubled, exchanged or made others. */
function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let change = random.between(1, 6); change > 0; change -= 1) {
    const at = random.between(0, mutated.length);
    const put = random.pick([
      '',
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '\\',
      '\\u0000',
      '\\ud800',
      '\u0000',
      '9'.repeat(400),
      'é',
    ]);
    mutated = mutated.slice(0, at) + (put ?? '') + mutated.slice(at + random.between(0, 3));
  }
  return mutated;
}

function withOdd(message: Readonly<Record<string, unknown>>, random: Random): Record<string, unknown> {
  const key = random.pick(Object.keys(message)) ?? 'id';
  if (random.next() >= 0.2) return { ...message, [key]: random.pick(oddValues) };
  return Object.fromEntries(Object.entries(message).filter(([name]) => name !== key));
}
