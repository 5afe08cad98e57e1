import { operations } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { defineCommand } from 'citty';
import { paint } from '../output/style.ts';
import { connectAs, connection } from '../verbs/verbs.ts';

type Explanation = Awaited<ReturnType<ReturnType<typeof connectAs>['policy']['explain']>>;
type Subject = NonNullable<Parameters<ReturnType<typeof connectAs>['policy']['explain']>[0]['body']['as']>;

/** `devmesh explain <tool or operation>`: why it is allowed, missing or denied. Ends with 1 where it is denied. */
export const explain = defineCommand({
  meta: { name: 'explain', description: operations.policy.explain.summary },
  args: {
    name: { type: 'positional', required: true, description: 'The name of a tool, or the id of an operation' },
    as: { type: 'string', description: 'Whom it is about: key:ID, user:ID or role:NAME; default yourself' },
    arguments: { type: 'string', description: 'The arguments of a call, as JSON' },
    ...connection,
  },
  run: async ({ args }) => {
    const client = connectAs(args, operations.policy.explain);
    const as = args.as === undefined ? {} : { as: readSubject(args.as) };
    const given = args.arguments === undefined ? {} : { arguments: readArguments(args.arguments) };
    const explanation = await client.policy.explain({ body: { name: args.name, ...as, ...given } });
    console.log(args.json === true ? JSON.stringify(explanation, null, 2) : render(explanation));
    if (!explanation.allowed) process.exitCode = 1;
  },
});

/** Reads `role:developer` and its like. */
export function readSubject(text: string): Subject {
  const [kind = '', value = ''] = text.split(/:(.*)/su);
  const fields = { key: 'keyId', user: 'userId', role: 'role' } as const;
  if (value !== '' && Object.hasOwn(fields, kind)) return { [fields[kind as keyof typeof fields]]: value };
  throw new MeshError('invalid_request', `--as is key:ID, user:ID or role:NAME, not "${text}".`);
}

function readArguments(text: string): Record<string, unknown> {
  const wrong = `--arguments must be a JSON object, for example '{"branch":"main"}'.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MeshError('invalid_request', wrong, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new MeshError('invalid_request', wrong);
}

/** An explanation for people: the answer first, then what each layer says. */
export function render({ name, subject, allowed, reason, rule, sentence, verdicts, nearest }: Explanation): string {
  const answer = allowed ? paint('green', 'allowed') : paint('red', 'denied');
  const width = Math.max(...verdicts.map(({ layer }) => layer.length));
  return [
    `${paint('bold', name)} is ${answer} to ${subject}: ${reason} (${rule})`,
    sentence,
    '',
    ...verdicts.map(
      (verdict) =>
        `  ${verdict.allowed ? paint('green', '+') : paint('red', '-')} ${verdict.layer.padEnd(width)}  ${verdict.sentence}`,
    ),
    ...(nearest.length === 0 ? [] : ['', `Names like it: ${nearest.join(', ')}`]),
  ].join('\n');
}
