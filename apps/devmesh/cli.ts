import { describeFailure, version } from '@devmesh/foundation';
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty';
import { demo } from './commands/demo.ts';
import { migrate } from './commands/migrate.ts';
import { up } from './commands/up.ts';
import { variables } from './commands/variables.ts';
import { verbs } from './verbs/verbs.ts';

const program = defineCommand({
  meta: {
    name: 'devmesh',
    version,
    description: "The control plane between coding agents and a company's DevOps tools",
  },
  subCommands: { up, demo, migrate, variables, ...verbs() },
});

/** Runs the command line; failures are printed as one sentence and set the exit code. */
export async function runCli(words: readonly string[]): Promise<void> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
    console.log(version);
    return;
  }
  try {
    if (words.length === 0 || words.some((word) => word === '--help' || word === '-h')) {
      console.log(await usage(program, words));
      return;
    }
    await runCommand(program, { rawArgs: [...words] });
  } catch (error) {
    if (error instanceof Error && error.name === 'CLIError') {
      console.error(`${error.message}\n`);
      console.error(await usage(program, words));
      process.exitCode = 1;
      return;
    }
    console.error(describeFailure(error));
    process.exitCode = 1;
  }
}

/** The help of the deepest command that the words name. */
async function usage(command: CommandDef, words: readonly string[], parent?: CommandDef): Promise<string> {
  const children =
    (await (typeof command.subCommands === 'function' ? command.subCommands() : command.subCommands)) ?? {};
  const [word, ...rest] = words.filter((candidate) => !candidate.startsWith('-'));
  const child = word === undefined ? undefined : children[word];
  if (child === undefined) return renderUsage(command, parent);
  return usage((await (typeof child === 'function' ? child() : child)) as CommandDef, rest, command);
}
