import type { Attributes, Logger } from '@devmesh/foundation';
import {
  destination as openDestination,
  pino,
  stdTimeFunctions,
  type DestinationStream,
  type Logger as PinoLogger,
} from 'pino';
import { errorRecord } from './error-record.ts';
import { prettyLine, type LogRecord } from './pretty.ts';
import { redactAttributes, redactText } from './redact.ts';

/** The least severe line that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where log lines go: a standard stream, or what a test hands in. */
export interface LogDestination {
  write(line: string): unknown;
  readonly isTTY?: boolean;
  /** Whether the terminal shows colors (it honours NO_COLOR and TERM). */
  hasColors?(): boolean;
}

interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Lines for people instead of JSON. */
  readonly pretty: boolean;
  /** Standard error by default. */
  readonly destination?: LogDestination | undefined;
  /** The trace that is current when a line is written. */
  readonly traceId: () => string | undefined;
}

/** Names that a line uses itself; an attribute of that name is moved aside instead of overwriting it. */
const ownMembers: ReadonlySet<string> = new Set(['level', 'time', 'message', 'service', 'trace_id', 'error']);

/** A logger on pino: one JSON object a line, or one line for people, secrets replaced. */
export function createLogger(options: LoggerOptions): Logger {
  const sink = pino(
    {
      level: options.level,
      base: { service: options.service },
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const traceId = options.traceId();
        return traceId === undefined ? {} : { trace_id: traceId };
      },
    },
    openSink(options),
  );
  return bind(sink, {});
}

type Sink = PinoLogger;
type Member = string | number | boolean;

function bind(sink: Sink, bound: Readonly<Record<string, Member>>): Logger {
  const members = (attributes: Attributes = {}): Record<string, Member> => ({ ...bound, ...setAside(attributes) });
  return {
    debug: (message, attributes) => {
      if (sink.isLevelEnabled('debug')) sink.debug(members(attributes), redactText(message));
    },
    info: (message, attributes) => {
      if (sink.isLevelEnabled('info')) sink.info(members(attributes), redactText(message));
    },
    warn: (message, attributes) => {
      if (sink.isLevelEnabled('warn')) sink.warn(members(attributes), redactText(message));
    },
    error: (message, error, attributes) => {
      if (!sink.isLevelEnabled('error')) return;
      sink.error({ ...members(attributes), error: errorRecord(error) }, redactText(message));
    },
    with: (attributes) => bind(sink, members(attributes)),
  };
}

function setAside(attributes: Attributes): Record<string, Member> {
  const entries = Object.entries(redactAttributes(attributes));
  return Object.fromEntries(entries.map(([name, value]) => [ownMembers.has(name) ? `attribute.${name}` : name, value]));
}

/** Synchronous by default: the last lines before a crash are those that are wanted most. */
function openSink(options: LoggerOptions): DestinationStream {
  if (options.destination === undefined && !options.pretty) return openDestination({ dest: 2, sync: true });
  const target: LogDestination = options.destination ?? process.stderr;
  if (!options.pretty) return { write: (line) => void target.write(line) };
  const colors = target.isTTY === true && (target.hasColors?.() ?? true);
  return { write: (line) => void target.write(prettyLine(JSON.parse(line) as LogRecord, colors)) };
}
