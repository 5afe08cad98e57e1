import type { Context } from 'hono';
import type { z } from 'zod';
import { invalid, problem, problemErrors } from './problem.ts';

/** The JSON body of a request; 415 when it is not declared as JSON, 400 when it is none. */
export async function readJson(c: Context): Promise<unknown> {
  const mediaType = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') throw problem(415, 'Send `Content-Type: application/json`.');
  const text = await c.req.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw problem(400, 'Send one JSON value, encoded as UTF-8.');
  }
}

/** The JSON body, validated; 422 that names every wrong value otherwise. */
export async function readValid<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(await readJson(c));
  if (!parsed.success) throw invalid(problemErrors(parsed.error));
  return parsed.data;
}
