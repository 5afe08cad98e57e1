import { MeshError, Secret, type Attributes, type Logger } from '@devmesh/foundation';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogger, type LogLevel } from './pino.ts';

interface Written {
  readonly log: Logger;
  readonly lines: string[];
  readonly records: () => readonly Record<string, unknown>[];
}

interface Look {
  readonly level?: LogLevel;
  readonly pretty?: boolean;
  readonly traceId?: string;
  readonly colors?: boolean;
}

function written(look: Look = {}): Written {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => lines.push(line),
    ...(look.colors === undefined ? {} : { isTTY: true, hasColors: () => look.colors === true }),
  };
  const { level = 'debug', pretty = false, traceId } = look;
  const log = createLogger({ service: 'worker', level, pretty, destination, traceId: () => traceId });
  return { log, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('log lines', () => {
  test('are one JSON object each, with time, level, service, message and attributes', () => {
    const { log, records } = written();
    log.info('task completed', { 'task.id': 't1', attempts: 2, late: false, missing: undefined });
    expect(records()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u),
        service: 'worker',
        message: 'task completed',
        'task.id': 't1',
        attempts: 2,
        late: false,
      },
    ]);
  });

  test('below the level are not written', () => {
    const { log, records } = written({ level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d', new Error('x'));
    expect(records().map((record) => record['message'])).toEqual(['c', 'd']);
  });

  test('are silent when told', () => {
    const { log, lines } = written({ level: 'silent' });
    log.error('d', new Error('x'));
    expect(lines).toEqual([]);
  });

  test('name the current trace', () => {
    const { log, records } = written({ traceId: 'abc' });
    log.info('a');
    expect(records()[0]).toMatchObject({ trace_id: 'abc' });
  });

  test('carry the attributes of the logger they come from, the nearer ones first', () => {
    const { log, lines, records } = written();
    log.with({ topic: 'webhooks', group: 'a' }).with({ group: 'b' }).info('read', { count: 3 });
    expect(records()[0]).toMatchObject({ topic: 'webhooks', group: 'b', count: 3 });
    expect(lines[0]?.match(/"group"/gu)).toHaveLength(1);
  });

  test('keep their own members when an attribute has the same name', () => {
    const { log, records } = written();
    log.info('real', { message: 'forged', level: 'error', time: 'never', service: 'other' });
    expect(records()[0]).toMatchObject({
      message: 'real',
      level: 'info',
      service: 'worker',
      'attribute.level': 'error',
    });
  });
});

describe('errors on log lines', () => {
  test('have their stack and chain of causes', () => {
    const { log, records } = written();
    const root = Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
    log.error('a request failed', new MeshError('unavailable', 'The database is away.', { cause: root }));
    expect(records()[0]).toMatchObject({
      error: {
        name: 'MeshError',
        code: 'unavailable',
        message: 'The database is away.',
        stack: expect.stringContaining('pino.test.ts'),
        cause: { name: 'Error', code: 'ECONNRESET', message: 'connection reset' },
      },
    });
  });

  test('may be gathered, circular, or no errors at all', () => {
    const { log, records } = written();
    const circular = new Error('round');
    circular.cause = circular;
    for (const thrown of [
      new AggregateError([new Error('one')], 'all failed'),
      circular,
      'text',
      undefined,
      { a: 1 },
    ]) {
      log.error('failed', thrown);
    }
    expect(records()).toHaveLength(5);
    expect(records()[0]).toMatchObject({ error: { errors: [{ message: 'one' }] } });
    expect(records()[2]).toMatchObject({ error: { name: 'string', message: 'text' } });
  });

  test.each([
    'dm_admin_0123456789abcdefghijABCDEFGHIJ123456',
    'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJl',
  ])('show no key and no token, whoever made it: %s [telemetry.redacted]', (token) => {
    const { log, lines } = written();
    log.error(`got ${token}`, new Error(`refused ${token}`), { said: token });
    expect(lines.join('')).not.toContain(token.slice(12));
  });

  test('leave out other properties, where drivers put parameters', () => {
    const { log, lines } = written();
    log.error('failed', Object.assign(new Error('duplicate'), { parameters: ['hunter2'], detail: 'Key (hunter2)' }));
    expect(lines.join('')).not.toContain('hunter2');
  });
});

describe('secrets on log lines', () => {
  test.each([
    'authorization',
    'Authorization',
    'http.request.header.authorization',
    'password',
    'db_password',
    'token',
    'accessToken',
    'refresh_tokens',
    'client-secret',
    'clientSecret',
    'cookie',
    'set-cookie',
    'setCookie',
    'api_key',
    'x-api-key',
    'apiKey',
    'privateKey',
  ])('under the name %s are replaced', (name) => {
    for (const pretty of [false, true]) {
      const { log, lines } = written({ pretty });
      log.with({ [name]: 'hunter2' }).info('a', { [`b.${name}`]: 'hunter2' });
      expect(lines.join('')).not.toContain('hunter2');
      expect(lines.join('')).toContain('[redacted]');
    }
  });

  test('do not print as a value, whatever the name and the cast', () => {
    const attributes = { a: new Secret('hunter2'), b: { c: 'hunter2' } } as unknown as Attributes;
    for (const pretty of [false, true]) {
      const { log, lines } = written({ pretty });
      log.info('a', attributes);
      expect(lines.join('')).not.toContain('hunter2');
      expect(lines.join('')).toContain('[redacted]');
    }
  });

  test('are cut from messages, values, errors and stacks [telemetry.redacted]', () => {
    const { log, lines } = written();
    const text = 'sent Authorization: Bearer hunter2.hunter2 to https://bob:hunter2@git.example/x';
    log.error(text, new Error(text, { cause: new Error(text) }), { note: text });
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('')).toContain('git.example/x');
  });

  test('leave innocent names and numbers alone', () => {
    const { log, records } = written();
    const attributes = { 'gen_ai.usage.input_tokens': 12, tokens: 3, author: 'ada', secretary: 'bob', key: 'k' };
    log.info('a', attributes);
    expect(records()[0]).toMatchObject(attributes);
  });
});

describe('lines for people', () => {
  test('are one line of time, level, message, attributes and trace', () => {
    const { log, lines } = written({ pretty: true, traceId: 'abc' });
    log.info('task completed', { 'task.id': 't1', title: 'Mend the roof' });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d INFO {2}task completed task\.id=t1 title="Mend the roof" trace=abc\n$/u);
  });

  test('show an error with its frames and causes below', () => {
    const { log, lines } = written({ pretty: true });
    log.error('failed', new Error('outer', { cause: new Error('inner') }));
    expect(lines[0]).toMatch(/ERROR failed\n {4}Error: outer\n {6}at .*\n(?:.*\n)* {4}caused by: Error: inner\n/u);
  });

  test('have colors only on a terminal that shows them', () => {
    for (const [colors, expected] of [
      [true, true],
      [false, false],
      [undefined, false],
    ] as const) {
      const { log, lines } = written({ pretty: true, ...(colors === undefined ? {} : { colors }) });
      log.info('a');
      expect(lines[0]?.includes('\u001B[')).toBe(expected);
    }
  });

  test('cannot be forged or steer the terminal, whatever is logged', () => {
    const hostile = fc.string({ unit: 'binary' }).map((text) => `\n${text}\u001B[2J\r`);
    fc.assert(
      fc.property(hostile, hostile, hostile, (message, name, value) => {
        const { log, lines } = written({ pretty: true });
        log.info(message, { [name]: value });
        expect(lines.join('').replace(/\n$/u, '')).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
