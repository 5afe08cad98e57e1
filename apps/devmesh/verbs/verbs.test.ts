import { stripVTControlCharacters } from 'node:util';
import { allOperations } from '@devmesh/api';
import { describe, expect, test } from 'vitest';
import { fieldsOf } from './arguments.ts';
import { render } from './render.ts';
import { connection } from './verbs.ts';

describe('the verbs of the command line', () => {
  const verbs = allOperations.filter((operation) => operation.cli !== undefined);

  test.each(verbs.map((operation) => [operation.id, operation] as const))(
    'every field of %s has an option of its own',
    (_id, operation) => {
      const options = [...Object.keys(connection), ...fieldsOf(operation).map((field) => field.option)];
      expect(options.filter((option, index) => options.indexOf(option) !== index)).toEqual([]);
    },
  );
});

describe('an object for people', () => {
  test('shows lists of objects line by line, and mixed lists as they are', () => {
    const shown = stripVTControlCharacters(render({ '==': [{ var: 'ref' }, 'main'], steps: [{ name: 'one' }] }));
    expect(shown).toBe('==  [{"var":"ref"},"main"]\nsteps\n  name  one\n');
  });
});

describe('a page for people', () => {
  const plain = (result: unknown) => stripVTControlCharacters(render(result));

  test('that is empty tells whether there is more to look through, and what else the answer says', () => {
    expect(plain({ items: [], looked: 0 })).toBe('Nothing yet.\nlooked 0');
    expect(plain({ items: [], looked: 1_000, nextCursor: 'abc' })).toBe(
      'Nothing in this part.\nlooked 1000\nMore: --cursor abc',
    );
    expect(plain({ items: [{ id: 1 }], nextCursor: 'abc' })).toBe('id\n1\nMore: --cursor abc');
  });
});
