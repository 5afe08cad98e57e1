import { z } from 'zod';

const text = z.string().min(1).max(1_000);
const words = z.array(z.string().max(1_000)).max(64);

/** What the value of a flag or a positional may be. */
const value = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('integer'), minimum: z.int(), maximum: z.int() }),
  z.strictObject({ kind: z.literal('choice'), values: z.array(text).min(1) }),
  z.strictObject({ kind: z.literal('path') }),
  z.strictObject({ kind: z.literal('revision') }),
  z.strictObject({ kind: z.literal('pattern') }),
  z.strictObject({ kind: z.literal('name') }),
  z.strictObject({ kind: z.literal('packages') }),
]);

const flag = z.strictObject({
  names: z.array(z.string().regex(/^(?:-[A-Za-z0-9]|--[a-z][a-z0-9-]*)$/u)).min(1),
  /** Absent: the flag stands alone. */
  value: value.optional(),
});

const positional = z.strictObject({
  name: text,
  value,
  minimum: z.int().min(0).default(0),
  maximum: z.int().min(1).max(64).default(1),
  /** Whether it comes after a `--` that ends the flags. */
  separated: z.boolean().default(true),
});

const form = z.strictObject({
  /** Arguments that are always there, before those of the caller. */
  fixed: words.default([]),
  flags: z.array(flag).default([]),
  /** In order; the later take what the earlier do not fit. */
  positionals: z.array(positional).default([]),
});

const command = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/u),
    summary: text,
    /** A name on the fixed PATH, or an absolute path; by default the name of the command. */
    executable: text.optional(),
    effect: z.enum(['read', 'write', 'destructive']),
    /** It runs code that lies in the jail, so it runs in a sandbox or not at all. */
    needsSandbox: z.boolean().default(false),
    /** What is looked at before: `git` takes only repositories whose configuration runs nothing. */
    guard: z.literal('git').optional(),
    environment: z.record(z.string().regex(/^[A-Za-z_]\w*$/u), z.string()).default({}),
    /** Folders of the host that it reads, besides those of the system. */
    readable: z.array(z.string().startsWith('/')).default([]),
    /** Arguments before the sub-command. */
    fixed: words.default([]),
    forms: z.union([
      z.strictObject({ plain: form }),
      z.strictObject({ subcommands: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/u), form) }),
    ]),
  })
  .describe('A command and every argument that it may have: what is not described is refused.');

/** The file of an operator's policy. */
export const commandPolicySchema = z
  .strictObject({ commands: z.array(command).min(1).max(100) })
  .refine(
    ({ commands }) => new Set(commands.map(({ name }) => name)).size === commands.length,
    'names a command twice',
  );

export type CommandPolicy = z.output<typeof commandPolicySchema>;
export type CommandPolicyInput = z.input<typeof commandPolicySchema>;
export type Command = z.output<typeof command>;
export type Form = z.output<typeof form>;
export type Flag = z.output<typeof flag>;
export type Positional = z.output<typeof positional>;
export type Value = z.output<typeof value>;
