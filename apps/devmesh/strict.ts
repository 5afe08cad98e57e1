import type { ArgsDef, CommandContext, CommandDef } from 'citty';

/** A mistake in the words of a command line; answered with its sentence and the command's usage. */
export class UsageError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'UsageError';
  }
}

/** The command with every subcommand, refusing options and words that none of them knows: citty ignores those. What is loaded when it is named stays so. */
export function strict(command: CommandDef): CommandDef {
  const { subCommands } = command;
  if (subCommands === undefined) return { ...command, setup: refuseUnknown };
  return {
    ...command,
    subCommands: Object.fromEntries(
      Object.entries(subCommands).map(([name, child]) => [
        name,
        typeof child === 'function' ? async () => strict((await child()) as CommandDef) : strict(child as CommandDef),
      ]),
    ),
  };
}

function refuseUnknown({ args, cmd }: CommandContext): void {
  const known = new Set(Object.keys((cmd.args as ArgsDef | undefined) ?? {}).map(kebab));
  const option = Object.keys(args).find((name) => name !== '_' && !known.has(kebab(name)));
  if (option !== undefined) throw new UsageError(`There is no option ${option.length === 1 ? '-' : '--'}${option}.`);
  const places = Object.values((cmd.args as ArgsDef | undefined) ?? {}).filter(({ type }) => type === 'positional');
  const word = args._[places.length];
  if (word !== undefined)
    throw new UsageError(`Nothing is expected at "${word}"; values follow the name of an option.`);
}

/** citty takes options in both spellings. */
function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}
