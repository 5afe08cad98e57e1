import type { Command, Flag, Form, Positional } from './grammar.ts';
import { refusal } from './refusal.ts';
import { describe, whyNot } from './values.ts';

const mostArguments = 64;
const longestArgument = 4_096;
const mostBytes = 32_768;

/** Arguments that a command may have, as it gets them. */
export interface CheckedArguments {
  readonly args: readonly string[];
  /** Those that are paths, to be held against the jail. */
  readonly paths: readonly string[];
  readonly subcommand: string | undefined;
}

/** Holds arguments against the grammar of a command and puts them in order; throws for all that it does not describe. */
export function checkArguments(command: Command, args: readonly string[]): CheckedArguments {
  checkTexts(args);
  const { forms, fixed } = command;
  if ('plain' in forms) {
    const { given, paths } = readForm(forms.plain, command.name, args);
    return { args: [...fixed, ...forms.plain.fixed, ...given], paths, subcommand: undefined };
  }
  const [subcommand, ...rest] = args;
  const form =
    subcommand !== undefined && Object.hasOwn(forms.subcommands, subcommand)
      ? forms.subcommands[subcommand]
      : undefined;
  if (subcommand === undefined || form === undefined) {
    throw refusal('args.0', `must be a sub-command of ${command.name}: ${Object.keys(forms.subcommands).join(', ')}`);
  }
  const { given, paths } = readForm(form, `${command.name} ${subcommand}`, rest);
  return { args: [...fixed, subcommand, ...form.fixed, ...given], paths, subcommand };
}

function checkTexts(args: readonly string[]): void {
  if (args.length > mostArguments) throw refusal('args', `must be at most ${String(mostArguments)} arguments`);
  for (const [at, arg] of args.entries()) {
    const path = `args.${String(at)}`;
    if (Buffer.byteLength(arg) > longestArgument) {
      throw refusal(path, `must be at most ${String(longestArgument)} bytes`);
    }
    if (/[\p{Cc}\p{Cs}]/u.test(arg)) throw refusal(path, 'must not hold control characters or broken text');
  }
  if (args.reduce((bytes, arg) => bytes + Buffer.byteLength(arg), 0) > mostBytes) {
    throw refusal('args', `must be at most ${String(mostBytes)} bytes together`);
  }
}

interface Given {
  readonly text: string;
  readonly separated: boolean;
}

interface Reading {
  readonly form: Form;
  readonly called: string;
  readonly flags: string[];
  /** With whether they stand behind a `--`. */
  readonly positionals: Given[];
  readonly paths: string[];
}

function readForm(
  form: Form,
  called: string,
  args: readonly string[],
): { readonly given: readonly string[]; readonly paths: readonly string[] } {
  const reading: Reading = { form, called, flags: [], positionals: [], paths: [] };
  const rest = [...args];
  let flagsEnded = false;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!flagsEnded && arg === '--') flagsEnded = true;
    else if (!flagsEnded && arg.startsWith('-')) readFlag(reading, arg, rest);
    else reading.positionals.push({ text: arg, separated: flagsEnded });
  }
  return { given: [...reading.flags, ...placePositionals(reading)], paths: reading.paths };
}

function readFlag(reading: Reading, arg: string, rest: string[]): void {
  const { form } = reading;
  const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
  const name = equals === -1 ? arg : arg.slice(0, equals);
  const flag = form.flags.find(({ names }) => names.includes(name));
  if (flag === undefined) {
    const cluster = lettersOf(form, arg);
    if (cluster === undefined) throw refusal(name, `is not allowed; ${allowed(reading)}`);
    reading.flags.push(...cluster);
    return;
  }
  const inline = equals === -1 ? undefined : arg.slice(equals + 1);
  reading.flags.push(...readValue(reading, { flag, name, inline }, rest));
}

interface NamedFlag {
  readonly flag: Flag;
  readonly name: string;
  /** What stands behind its `=`. */
  readonly inline: string | undefined;
}

function readValue(reading: Reading, { flag: { value }, name, inline }: NamedFlag, rest: string[]): readonly string[] {
  if (value === undefined) {
    if (inline !== undefined) throw refusal(name, 'takes no value');
    return [name];
  }
  const text = inline ?? rest.shift();
  if (text === undefined) throw refusal(name, `needs a value, which ${describe(value)}`);
  if (inline === undefined && text.startsWith('-')) {
    throw refusal(name, 'must not be followed by a value that begins with a dash');
  }
  take(reading, { name, value, text });
  return name.startsWith('--') ? [`${name}=${text}`] : [name, text];
}

/** `-la` as `-l -a`, where both stand alone. */
function lettersOf(form: Form, arg: string): readonly string[] | undefined {
  if (!/^-[A-Za-z0-9]{2,8}$/u.test(arg)) return undefined;
  const letters = Array.from(arg.slice(1), (letter) => `-${letter}`);
  const alone = (letter: string): boolean =>
    form.flags.some(({ names, value }) => value === undefined && names.includes(letter));
  return letters.every(alone) ? letters : undefined;
}

interface Taken {
  readonly name: string;
  readonly value: NonNullable<Flag['value']>;
  readonly text: string;
}

function take({ paths }: Pick<Reading, 'paths'>, { name, value, text }: Taken): void {
  const problem = whyNot(value, text);
  if (problem !== undefined) throw refusal(name, problem);
  if (value.kind === 'path') paths.push(text);
}

function placePositionals(reading: Reading): readonly string[] {
  const { form, positionals } = reading;
  const rest = [...positionals];
  const placed = form.positionals.map((positional, at) => {
    const later = form.positionals.slice(at + 1).reduce((sum, { minimum }) => sum + minimum, 0);
    return { positional, texts: placeOne(reading, positional, { rest, later }) };
  });
  if (rest[0] !== undefined)
    throw refusal(JSON.stringify(rest[0].text.slice(0, 80)), `is not allowed; ${allowed(reading)}`);
  const texts = (separated: boolean): readonly string[] =>
    placed.filter(({ positional }) => positional.separated === separated).flatMap(({ texts: each }) => each);
  const separate = form.positionals.some(({ separated }) => separated) ? ['--'] : [];
  return [...texts(false), ...separate, ...texts(true)];
}

/** What is not placed yet, and how many of it the positionals that follow need. */
interface Waiting {
  readonly rest: Given[];
  readonly later: number;
}

function placeOne(reading: Reading, positional: Positional, { rest, later }: Waiting): readonly string[] {
  const { name, value, minimum, maximum, separated } = positional;
  const taken: string[] = [];
  for (let given = rest[0]; given !== undefined && taken.length < maximum; given = rest[0]) {
    const { text } = given;
    // Before the `--` it would be read as a flag, whatever its kind.
    const placed = separated || !(given.separated || text.startsWith('-'));
    const fits = placed && whyNot(value, text) === undefined;
    if (taken.length >= minimum && (!fits || rest.length <= later)) break;
    if (!fits) throw refusal(name, whyNot(value, text) ?? 'must stand before -- and not begin with a dash');
    take(reading, { name, value, text });
    taken.push(text);
    rest.shift();
  }
  if (taken.length < minimum) throw refusal(name, `is missing; it ${describe(value)}`);
  return taken;
}

function allowed({ form, called }: Reading): string {
  const flags = form.flags.map(({ names, value }) => names.join('|') + (value === undefined ? '' : ` <${value.kind}>`));
  const positionals = form.positionals.map(({ name, value }) => `<${name}>, which ${describe(value)}`);
  const parts = [...flags, ...positionals];
  return parts.length === 0 ? `${called} takes no arguments` : `${called} takes: ${parts.join('; ')}`;
}
