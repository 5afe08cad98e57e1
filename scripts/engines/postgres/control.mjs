import { execute } from '../command.mjs';
import { POSTGRES_PROGRAMS } from '../settings.mjs';

/** How many milliseconds a server may take to start or stop: recovery after a crash takes its time. */
export const PATIENCE = 60_000;

/** Runs PostgreSQL's pg_ctl for `start` or `stop`, and waits until that is done. */
export function runControl({ data, log, user }, [action, ...parameters]) {
  const common = ['--pgdata', data, '--wait', '--silent', '--timeout', `${PATIENCE / 1000}`];
  const command = [`${POSTGRES_PROGRAMS}/pg_ctl`, action, ...common, ...parameters];
  return execute(`${action} PostgreSQL`, command, { log, user });
}
