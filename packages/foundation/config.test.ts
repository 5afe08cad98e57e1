import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { flag, integer, list, parseConfig } from './config.ts';
import { MeshError } from './errors.ts';

const shape = {
  PORT: integer(8080, 1, 65_535).describe('The port to listen on.'),
  KEY: z
    .string()
    .regex(/^[a-f0-9]{8}$/u, 'must be 8 hex digits')
    .describe('The key that opens things.'),
  OPEN: flag(false).describe('Whether it is open.'),
  HOSTS: list().describe('Hosts.'),
};

function failure(environment: Record<string, string>): MeshError {
  try {
    parseConfig(shape, environment);
  } catch (error) {
    if (error instanceof MeshError) return error;
  }
  throw new Error('it was accepted');
}

describe('parsing the configuration', () => {
  test('reports all problems at once, each with its sentence [config.all-problems]', () => {
    const error = failure({ PORT: '0', OPEN: 'perhaps' });
    expect(error.code).toBe('invalid_config');
    expect(error.issues.map((issue) => issue.path)).toEqual(['PORT', 'KEY', 'OPEN']);
    for (const name of ['PORT', 'KEY', 'OPEN']) expect(error.message).toContain(`${name}: `);
    expect(error.message).toContain('is required. The key that opens things.');
  });

  test('never shows the values, which may be secrets', () => {
    const error = failure({ PORT: 'hunter2', KEY: 'hunter3', OPEN: 'hunter4' });
    expect(JSON.stringify({ message: error.message, issues: error.issues })).not.toContain('hunter');
  });

  test('takes empty values as absent and ignores what it does not know', () => {
    expect(parseConfig(shape, { PORT: '', KEY: 'deadbeef', OPEN: '', HOSTS: '', OTHER: 'x' })).toEqual({
      PORT: 8080,
      KEY: 'deadbeef',
      OPEN: false,
      HOSTS: [],
    });
  });

  test.each([
    ['true', true],
    ['YES', true],
    ['1', true],
    ['off', false],
    ['No', false],
    ['0', false],
  ])('reads the flag %s as %s', (text, value) => {
    expect(parseConfig({ OPEN: flag(!value) }, { OPEN: text }).OPEN).toBe(value);
  });

  test('reads a list without blanks and empty parts', () => {
    expect(parseConfig({ HOSTS: list() }, { HOSTS: ' a , b,, ' }).HOSTS).toEqual(['a', 'b']);
  });

  test.each(['1.5', 'ten', '1e9', '-1'])('refuses %s as a port', (text) => {
    expect(failure({ PORT: text, KEY: 'deadbeef' }).issues.map((issue) => issue.path)).toEqual(['PORT']);
  });
});
