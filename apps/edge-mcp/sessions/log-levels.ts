import { severities, type Severity } from '@devmesh/api';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';

type EdgeSession = Session<EdgePrincipal>;

/** From which severity on a session wants log messages. */
export interface LogLevels {
  /** What the session asked for by `logging/setLevel`. */
  setLevel(session: EdgeSession, level: Severity): Promise<void>;
  wants(session: EdgeSession, severity: Severity): boolean;
}

/** What a session that never asked is told from; the protocol leaves that to the server. */
const unasked: Severity = 'info';

/** Remembers what sessions asked for as long as they live. */
export function createLogLevels(): LogLevels {
  const levels = new WeakMap<EdgeSession, Severity>();
  return {
    setLevel: (session, level) => {
      levels.set(session, level);
      return Promise.resolve();
    },
    wants: (session, severity) => severities.indexOf(severity) >= severities.indexOf(levels.get(session) ?? unasked),
  };
}
