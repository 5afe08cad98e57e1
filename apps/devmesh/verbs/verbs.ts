import { allOperations, createClient, type Client, type Operation } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { defineCommand, type ArgsDef, type CommandDef, type SubCommandsDef } from 'citty';
import { fieldsOf, optionsOf, toInput } from './arguments.ts';
import { render } from './render.ts';

/** Options of every verb; none may be named like a field of an operation, which it would hide. */
export const connection = {
  server: { type: 'string', description: 'Origin of the API; default DEVMESH_URL or http://localhost:8081' },
  key: { type: 'string', description: 'API key; default DEVMESH_KEY' },
  json: { type: 'boolean', description: 'Print the whole answer as JSON' },
} as const;

/**
 * The commands that the operation table gives: every operation with CLI words, nested by word. `more` adds commands of
 * their own to a group.
 */
export function verbs(more: Readonly<Record<string, SubCommandsDef>> = {}): Record<string, CommandDef> {
  const tree: Record<string, CommandDef> = {};
  const groups = new Map<string, Record<string, CommandDef>>();
  for (const operation of allOperations) {
    const [first, second] = operation.cli?.split(' ') ?? [];
    if (first === undefined) continue;
    if (second === undefined) {
      tree[first] = command(first, operation);
      continue;
    }
    const group = groups.get(first) ?? {};
    group[second] = command(second, operation);
    groups.set(first, group);
  }
  for (const [name, declared] of groups) {
    const subCommands: SubCommandsDef = { ...declared, ...more[name] };
    tree[name] = defineCommand({
      meta: { name, description: Object.keys(subCommands).join(', ') },
      subCommands,
    });
  }
  return tree;
}

function command(name: string, operation: Operation): CommandDef {
  const fields = fieldsOf(operation);
  const description = [operation.summary, operation.description].filter((text) => text !== undefined).join('. ');
  const args: ArgsDef = { ...optionsOf(fields), ...connection };
  return defineCommand({
    meta: { name, description },
    args,
    run: async ({ args: given }) => {
      const client = connectAs(given, operation);
      const result = await client.call(operation, toInput(fields, given));
      console.log(given['json'] === true ? JSON.stringify(result, null, 2) : render(result));
      if (toldFailure(result)) process.exitCode = 1;
    },
  });
}

/** The client that the options of a command name; throws without a key, unless the operation needs none. */
export function connectAs(given: Readonly<Record<string, unknown>>, operation: Operation): Client {
  return createClient({ baseUrl: readServer(given), ...readKey(given, operation) });
}

/** Whether an answer says itself that what was asked for failed, as the answer of an imported service does. */
function toldFailure(result: unknown): boolean {
  return (result as { isError?: unknown } | undefined)?.isError === true;
}

function readServer({ server }: Readonly<Record<string, unknown>>): string {
  const given = typeof server === 'string' ? server : (process.env['DEVMESH_URL'] ?? 'http://localhost:8081');
  if (URL.canParse(given) && /^https?:$/u.test(new URL(given).protocol)) return given;
  throw new MeshError(
    'invalid_request',
    `"${given}" is not the origin of an API: give --server or DEVMESH_URL as http://host:port.`,
  );
}

function readKey({ key }: Readonly<Record<string, unknown>>, operation: Operation): { key?: string } {
  const given = typeof key === 'string' ? key : process.env['DEVMESH_KEY'];
  if (given !== undefined && given !== '') return { key: given };
  if (operation.scope === 'public') return {};
  throw new MeshError('unauthenticated', 'There is no key: give --key, or set DEVMESH_KEY.');
}
