import { severities } from '@devmesh/api';
import type { Session } from '@devmesh/mcp';
import { expect, it } from 'vitest';
import type { EdgePrincipal } from '../principal.ts';
import { createLogLevels } from './log-levels.ts';

const session = (): Session<EdgePrincipal> => ({}) as unknown as Session<EdgePrincipal>;

it('a session gets what is as urgent as it asked for, or more, and `info` where it never asked', async () => {
  const levels = createLogLevels();
  const [one, other] = [session(), session()];
  await levels.setLevel(one, 'error');
  const wanted = (of: Session<EdgePrincipal>) => severities.filter((severity) => levels.wants(of, severity));
  expect(wanted(one)).toEqual(['error', 'critical', 'alert', 'emergency']);
  expect(wanted(other)).toEqual(['info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']);
  await levels.setLevel(one, 'debug');
  expect(wanted(one)).toEqual(severities);
});
