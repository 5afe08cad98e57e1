import { matchesName } from '../name-pattern.ts';
import type { Flag } from './flag.ts';

/** What a gate can stand before. */
export interface Gated {
  readonly service?: string;
  readonly tool?: string;
  readonly operation?: string;
}

/** Whether a boolean flag that is off closes something. */
export function closes({ gates }: Flag, gated: Gated): boolean {
  return gates.some((gate) => {
    const [kind, pattern = ''] = gate.split(/:(.*)/su);
    const name = gated[kind as keyof Gated];
    return name !== undefined && matchesName(pattern, name);
  });
}
