import { readFile } from 'node:fs/promises';
import { integer, list, MeshError, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import { z } from 'zod';
import { openCommandRunner, type CommandRunner } from './command-runner.ts';
import { commandPolicySchema, type CommandPolicy } from './grammar.ts';
import { startingPolicy } from './starting-policy.ts';

/** What the operator decides about commands on the host of the gateway. */
export const commandsConfigShape = {
  COMMANDS_ROOT: z
    .string()
    .startsWith('/', 'must be an absolute path')
    .optional()
    .describe(
      'The folder in which agents may run commands on the host of the gateway: the only files that commands are for. Absent: no commands.',
    ),
  COMMANDS_ORGANIZATIONS: list().describe(
    'Ids of the organizations whose agents may run commands in that folder; comma-separated. They all see the same files. Absent: none.',
  ),
  COMMANDS_POLICY: z
    .string()
    .startsWith('/', 'must be an absolute path')
    .optional()
    .describe(
      'A JSON file that says which commands may be run, with which arguments. Absent: git, rg, ls, cat and the test runners of node, npm, go and cargo.',
    ),
  COMMANDS_SECONDS: integer(600, 1, 3_600).describe('Seconds that one command may take at most.'),
  COMMANDS_AT_ONCE: integer(4, 1, 64).describe('Commands that run at once on the host.'),
} satisfies ConfigShape;

/** Opens what runs commands; undefined where the operator has not asked for it. Throws `invalid_config`. */
export async function openCommands(config: ConfigOf<typeof commandsConfigShape>): Promise<CommandRunner | undefined> {
  const { COMMANDS_ROOT: root, COMMANDS_POLICY: file, COMMANDS_ORGANIZATIONS: organizations } = config;
  if (root === undefined) return undefined;
  const policy = file === undefined ? commandPolicySchema.parse(startingPolicy) : await readPolicy(file);
  try {
    return await openCommandRunner({
      root,
      policy,
      organizations,
      longestSeconds: config.COMMANDS_SECONDS,
      atOnce: config.COMMANDS_AT_ONCE,
    });
  } catch (error) {
    throw new MeshError('invalid_config', `COMMANDS_ROOT: ${messageOf(error)}`, { cause: error });
  }
}

async function readPolicy(file: string): Promise<CommandPolicy> {
  try {
    return commandPolicySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const told = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new MeshError('invalid_config', `COMMANDS_POLICY: ${file} is no policy: ${told}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
