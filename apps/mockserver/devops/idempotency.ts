import { z } from 'zod';
import { invalid, problem } from '../problem.ts';
import type { World } from './state.ts';

/** The header that makes repeating a creation harmless. */
export const idempotencyHeader = 'Idempotency-Key';

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/)
  .exactOptional()
  .describe('A value of your choice; sending the same request with it again gives the first answer again.');

interface Attempt {
  readonly key: string | undefined;
  /** What the key belongs to: method and path. */
  readonly target: string;
  readonly body: string;
}

/** Runs `act` once per key and target; the same key with another body is refused with 409. Failures are not kept. */
export function once(
  world: World,
  attempt: Attempt,
  act: () => { readonly status: number; readonly answer: unknown },
): { readonly status: number; readonly answer: unknown } {
  if (attempt.key === undefined) return act();
  if (!idempotencyKey.safeParse(attempt.key).success) {
    throw invalid([{ path: `header.${idempotencyHeader}`, message: 'Use 1 to 100 visible ASCII characters.' }]);
  }
  const name = `${attempt.target} ${attempt.key}`;
  const remembered = world.state.rememberedAnswers.get(name);
  if (remembered === undefined) {
    const done = act();
    world.state.rememberedAnswers.set(name, { ...done, body: attempt.body });
    return done;
  }
  if (remembered.body !== attempt.body) throw problem(409, 'This Idempotency-Key belongs to another request body.');
  return remembered;
}
