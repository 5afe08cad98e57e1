import { redactText } from './redact.ts';

/** An error as a log line carries it. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
  /** Of an AggregateError, the first few. */
  readonly errors?: readonly ErrorRecord[];
}

const maximumCauses = 8;
const maximumErrors = 5;
const maximumText = 8_192;

/**
 * Describes anything thrown, with its stack and its chain of causes. Other properties of errors stay out:
 * drivers put requests, rows and parameters there.
 */
export function errorRecord(error: unknown, depth = 0): ErrorRecord {
  if (!(error instanceof Error)) return { name: typeof error, message: text(describe(error)) };
  const code = (error as { code?: unknown }).code;
  const more = depth < maximumCauses;
  return {
    name: error.name,
    message: text(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: text(error.stack) }),
    ...(error.cause === undefined || !more ? {} : { cause: errorRecord(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && more
      ? { errors: error.errors.slice(0, maximumErrors).map((inner) => errorRecord(inner, depth + 1)) }
      : {}),
  };
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : `something that is not an Error (${typeof value}) was thrown`;
}

function text(value: string): string {
  return redactText(value.length > maximumText ? `${value.slice(0, maximumText)}…` : value);
}
