import { createHash } from 'node:crypto';
import type { Flag, FlagSubject, FlagValue } from './flag.ts';

/** What a flag is for somebody, and why, in the words of OpenFeature. */
export interface Evaluation {
  readonly value: FlagValue;
  readonly variant: string;
  readonly reason: 'DISABLED' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'STATIC';
}

/** Evaluates a flag: the first target that holds decides. The same subject has the same answer always. */
export function evaluateFlag(flag: Flag, subject: FlagSubject): Evaluation {
  if (!flag.enabled) return of(flag, flag.offVariant, 'DISABLED');
  const target = flag.targeting.find((candidate, at) => holds(flag, candidate, { subject, at }));
  if (target !== undefined)
    return of(flag, target.variant, target.percentage === undefined ? 'TARGETING_MATCH' : 'SPLIT');
  return of(flag, flag.defaultVariant, flag.targeting.length === 0 ? 'STATIC' : 'DEFAULT');
}

function of(flag: Flag, variant: string, reason: Evaluation['reason']): Evaluation {
  const value = flag.variants[variant];
  if (value === undefined) throw new Error(`The flag ${flag.key} has no variant ${variant}.`);
  return { value, variant, reason };
}

interface Candidate {
  readonly subject: FlagSubject;
  readonly at: number;
}

function holds(flag: Flag, target: Flag['targeting'][number], { subject, at }: Candidate): boolean {
  const { roles, keyTypes, ids, percentage } = target;
  if (roles !== undefined && !roles.some((role) => role === subject.role)) return false;
  if (keyTypes !== undefined && !keyTypes.some((type) => type === subject.keyType)) return false;
  if (ids !== undefined && !ids.some((id) => subject.ids.includes(id))) return false;
  return percentage === undefined || shareOf(`${flag.key}/${String(at)}`, subject.targetingKey) < percentage;
}

/** Where somebody stands between 0 and 100: evenly spread, another place for each flag, the same at every time. */
export function shareOf(flag: string, targetingKey: string): number {
  const digest = createHash('sha256').update(`${flag}\0${targetingKey}`).digest();
  return (digest.readUIntBE(0, 6) / 2 ** 48) * 100;
}
