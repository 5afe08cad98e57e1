import type { Attributes, Logger } from '@devmesh/foundation';

/** Writes one JSON object per line. */
export function jsonLog(write: (line: string) => void, always: Attributes = {}): Logger {
  const at = (level: string) => (message: string, attributes?: Attributes) => {
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...always, ...attributes })}\n`);
  };
  const error = at('error');
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: (message, cause, attributes) => {
      error(message, { ...attributes, 'exception.stacktrace': cause instanceof Error ? cause.stack : String(cause) });
    },
    with: (attributes) => jsonLog(write, { ...always, ...attributes }),
  };
}
