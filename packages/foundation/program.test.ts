import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MeshError } from './errors.ts';
import { describeFailure } from './program.ts';
import { version } from './version.ts';

describe('a program', () => {
  it('says what failed, which fields, and what to do next', () => {
    const error = new MeshError('conflict', 'The name is taken.', { issues: [{ path: 'name', message: 'is taken' }] });
    expect(describeFailure(error)).toBe(
      'conflict: The name is taken.\n  name: is taken\nChoose another name, or change the existing one.',
    );
  });

  it('shows where an unexpected failure came from', () => {
    expect(describeFailure(new TypeError('boom'))).toMatch(/^internal: .+\n.+\nTypeError: boom\n +at /u);
  });

  it('carries the version of its package', () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ version });
  });
});
