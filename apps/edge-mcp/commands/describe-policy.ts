import type { CommandRunner } from './command-runner.ts';
import type { Command, Form } from './grammar.ts';
import { describe } from './values.ts';

/** The policy as its callers read it: the commands of those names, with every argument that they take. */
export function describePolicy(
  { root, isolation, commands, longestSeconds }: CommandRunner,
  names: readonly string[],
): Record<string, unknown> {
  const { kind, sentence } = isolation;
  return {
    root,
    longestSeconds,
    isolation: { kind, sentence },
    commands: commands.filter(({ name }) => names.includes(name)).map(describeCommand),
  };
}

function describeCommand({ name, summary, effect, forms }: Command): Record<string, unknown> {
  const uses =
    'plain' in forms
      ? [{ use: name, ...describeForm(forms.plain) }]
      : Object.entries(forms.subcommands).map(([sub, form]) => ({ use: `${name} ${sub}`, ...describeForm(form) }));
  return { name, summary, effect, uses };
}

function describeForm({ flags, positionals }: Form): Record<string, unknown> {
  return {
    flags: flags.map(({ names, value }) => ({
      names,
      ...(value === undefined ? {} : { value: describe(value) }),
    })),
    arguments: positionals.map(({ name, value, minimum, maximum, separated }) => ({
      name,
      value: describe(value),
      minimum,
      maximum,
      ...(separated ? {} : { place: 'before --' }),
    })),
  };
}
