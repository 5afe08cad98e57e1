import { logLevels, type LogLevel } from '../content.ts';
import type { Params } from '../message.ts';

/** Lets through what a request may be told: log messages only from the severity on that it asked for. */
export function logsFrom(level: LogLevel | undefined): (method: string, params?: Params) => boolean {
  const least = level === undefined ? Number.POSITIVE_INFINITY : logLevels.indexOf(level);
  return (method, params) => {
    if (method !== 'notifications/message') return true;
    return logLevels.findIndex((known) => known === params?.['level']) >= least;
  };
}
