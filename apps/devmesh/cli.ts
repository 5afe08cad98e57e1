import { describeFailure, version } from '@devmesh/foundation';
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty';
import { auditExport } from './commands/audit-export.ts';
import { explain } from './commands/explain.ts';
import { toolsImport } from './commands/tools-import.ts';
import { styledFor } from './output/style.ts';
import { strict, UsageError } from './strict.ts';
import { verbs } from './verbs/verbs.ts';

const program = strict(
  defineCommand({
    meta: {
      name: 'devmesh',
      version,
      description: "The control plane between coding agents and a company's DevOps tools",
    },
    subCommands: {
      // What loads the whole mesh, or MCP, is loaded when it is wanted.
      up: async () => (await import('./commands/up.ts')).up,
      demo: async () => (await import('./commands/demo.ts')).demo,
      mcp: async () => (await import('./commands/mcp.ts')).mcp,
      migrate: async () => (await import('./commands/migrate.ts')).migrate,
      variables: async () => (await import('./commands/variables.ts')).variables,
      explain,
      ...verbs({
        audit: { export: auditExport, verify: async () => (await import('./commands/audit-verify.ts')).auditVerify },
        tools: { import: toolsImport },
      }),
    },
  }),
);

/** Runs the command line; failures are printed as one sentence and set the exit code. */
export async function runCli(words: readonly string[]): Promise<void> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
    console.log(version);
    return;
  }
  try {
    if (words.length === 0 || words.some((word) => word === '--help' || word === '-h')) {
      console.log(styledFor(process.stdout, await usage(program, words)));
      return;
    }
    await runCommand(program, { rawArgs: [...words] });
  } catch (error) {
    process.exitCode = 1;
    console.error(
      styledFor(
        process.stderr,
        isMisused(error) ? `${error.message}\n\n${await usage(program, words)}` : describeFailure(error),
      ),
    );
  }
}

function isMisused(error: unknown): error is Error {
  return error instanceof UsageError || (error instanceof Error && error.name === 'CLIError');
}

/** The help of the deepest command that the words name. `path` is how that command is reached. */
async function usage(command: CommandDef, words: readonly string[], path?: string): Promise<string> {
  const children =
    (await (typeof command.subCommands === 'function' ? command.subCommands() : command.subCommands)) ?? {};
  const [word, ...rest] = words.filter((candidate) => !candidate.startsWith('-'));
  const child = word === undefined ? undefined : children[word];
  if (child === undefined) {
    const text = await renderUsage(command, path === undefined ? undefined : { meta: { name: path } });
    return text.replaceAll(/ +$/gmu, '');
  }
  const { name = '' } = command.meta as { readonly name?: string };
  const deeper = path === undefined ? name : `${path} ${name}`;
  return usage((await (typeof child === 'function' ? child() : child)) as CommandDef, rest, deeper);
}
