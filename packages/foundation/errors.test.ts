import { describe, expect, test } from 'vitest';
import { errorTable, isErrorCode, MeshError, toMeshError, toProblem } from './errors.ts';

describe('the error table', () => {
  test.each(Object.entries(errorTable))(
    '%s has an error status, a JSON-RPC code, a title and a next step [errors.one-table]',
    (_code, entry) => {
      expect(entry.status).toBeGreaterThanOrEqual(400);
      expect(entry.status).toBeLessThan(600);
      // Within the range that JSON-RPC reserves only what it or a revision of MCP defines.
      const defined = [-32_700, -32_600, -32_601, -32_602, -32_603, -32_020, -32_021, -32_022, -32_042];
      const isOwn = entry.rpc < -32_768 || entry.rpc > -32_000;
      expect(isOwn || defined.includes(entry.rpc)).toBe(true);
      expect(entry.title).toMatch(/^[A-Z].+[^.]$/u);
      expect(entry.next).toMatch(/^[A-Z].+\.$/u);
    },
  );

  test('knows its own codes and nothing inherited', () => {
    expect(isErrorCode('not_found')).toBe(true);
    expect(['toString', '__proto__', 'constructor', '', 7, undefined].some(isErrorCode)).toBe(false);
  });
});

describe('turning what was thrown into an error of the table', () => {
  test('keeps a MeshError as it is', () => {
    const error = new MeshError('conflict', 'It exists.');
    expect(toMeshError(error)).toBe(error);
  });

  test.each(['ENOSPC', 'EDQUOT', '53100'])('reports %s as a full disk', (code) => {
    expect(toMeshError(Object.assign(new Error('write failed'), { code })).code).toBe('disk_full');
  });

  test.each([new Error('password=hunter2'), 'hunter2', null, undefined, 7])(
    'hides what an unknown failure says [errors.no-leak]',
    (thrown) => {
      const error = toMeshError(thrown);
      expect(error.code).toBe('internal');
      expect(error.message).not.toContain('hunter2');
      expect(error.cause).toBe(thrown);
    },
  );
});

describe('a problem document', () => {
  test('carries status, code, sentence, next step, issues and trace id', () => {
    const issues = [{ path: 'name', message: 'is required' }];
    const problem = toProblem(new MeshError('invalid_request', 'Two fields are wrong.', { issues }), 'abc');
    expect(problem).toEqual({
      type: 'urn:devmesh:error:invalid_request',
      title: errorTable.invalid_request.title,
      status: 400,
      code: 'invalid_request',
      detail: 'Two fields are wrong.',
      next: errorTable.invalid_request.next,
      issues,
      traceId: 'abc',
    });
  });

  test('never shows the cause [errors.no-leak]', () => {
    const error = new MeshError('internal', 'It failed.', { cause: new Error('hunter2') });
    expect(JSON.stringify(toProblem(error))).not.toContain('hunter2');
  });
});
