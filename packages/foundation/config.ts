import { z } from 'zod';
import { MeshError, type Issue } from './errors.ts';

/** The variables of one program: each a zod schema whose description is the sentence shown to people. */
export type ConfigShape = Readonly<Record<string, z.ZodType>>;

/** The typed configuration that a shape gives. */
export type ConfigOf<Shape extends ConfigShape> = { readonly [K in keyof Shape]: z.output<Shape[K]> };

/**
 * Parses the environment once. Empty values count as absent; variables outside the shape are ignored.
 * Throws `invalid_config` that lists every problem at once, never the offending values (they may be secrets).
 */
export function parseConfig<Shape extends ConfigShape>(
  shape: Shape,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigOf<Shape> {
  const values: Record<string, unknown> = {};
  const issues: Issue[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const raw = environment[name];
    const parsed = schema.safeParse(raw === '' ? undefined : raw);
    if (parsed.success) values[name] = parsed.data;
    else issues.push({ path: name, message: explain(schema, parsed.error, raw) });
  }
  if (issues.length > 0) {
    const lines = issues.map((issue) => `  ${issue.path}: ${issue.message}`).join('\n');
    throw new MeshError('invalid_config', `${String(issues.length)} variable(s) are wrong:\n${lines}`, { issues });
  }
  return values as ConfigOf<Shape>;
}

function explain(schema: z.ZodType, error: z.ZodError, raw: string | undefined): string {
  const sentence = schema.description ?? '';
  const problem = raw === undefined ? 'is required' : error.issues.map((issue) => issue.message).join('; ');
  return sentence === '' ? problem : `${problem}. ${sentence}`;
}

/** `true|1|yes|on` and `false|0|no|off`, with a default. */
export function flag(fallback: boolean): z.ZodType<boolean> {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', '1', 'yes', 'on', 'false', '0', 'no', 'off']))
    .transform((text) => ['true', '1', 'yes', 'on'].includes(text))
    .default(fallback);
}

/** A whole number between two bounds, with a default. */
export function integer(fallback: number, minimum: number, maximum: number): z.ZodType<number> {
  return z.coerce.number().int().min(minimum).max(maximum).default(fallback);
}

/** A comma-separated list, empty by default. */
export function list(): z.ZodType<readonly string[]> {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .default([]);
}
