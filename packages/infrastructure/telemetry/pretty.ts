import type { ErrorRecord } from './error-record.ts';

/** One log line before it is laid out; further members are attributes. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly trace_id?: string;
  readonly error?: ErrorRecord;
  readonly [attribute: string]: unknown;
}

const ansi = { reset: 0, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Color = keyof typeof ansi;

const levelColors: Readonly<Record<string, Color>> = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' };
const ownMembers: ReadonlySet<string> = new Set(['time', 'level', 'message', 'trace_id', 'error', 'service']);

/** Lays a record out for people: time, level, message and attributes on one line, an error's stacks indented below. */
export function prettyLine(record: LogRecord, colors: boolean): string {
  const paint = (color: Color, text: string): string =>
    colors ? `\u001B[${String(ansi[color])}m${text}\u001B[0m` : text;
  const attributes = Object.entries(record)
    .filter(([name]) => !ownMembers.has(name))
    .map(([name, value]) => paint('dim', `${printable(name)}=`) + shownValue(value));
  const trace = record.trace_id === undefined ? [] : [paint('dim', `trace=${record.trace_id}`)];
  const first = [
    paint('dim', record.time.slice(11, 19)),
    paint(levelColors[record.level] ?? 'cyan', record.level.toUpperCase().padEnd(5)),
    printable(record.message),
    ...attributes,
    ...trace,
  ].join(' ');
  const below = record.error === undefined ? [] : errorLines(record.error).map((line) => paint('red', line));
  return `${[first, ...below].join('\n')}\n`;
}

function errorLines(error: ErrorRecord, label = ''): readonly string[] {
  const code = error.code === undefined ? '' : ` [${error.code}]`;
  const head = `${error.name}: ${error.message}`;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /u.test(line));
  return [
    `    ${label}${printable(head)}${printable(code)}`,
    ...frames.map((frame) => `      ${printable(frame.trim())}`),
    ...(error.errors ?? []).flatMap((inner) => errorLines(inner, 'one of: ')),
    ...(error.cause === undefined ? [] : errorLines(error.cause, 'caused by: ')),
  ];
}

function shownValue(value: unknown): string {
  if (typeof value !== 'string') return printable(JSON.stringify(value));
  return /^[^\s"=]+$/u.test(value) ? printable(value) : JSON.stringify(printable(value));
}

/** Control characters made visible: a logged value must not start a line of its own or steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
