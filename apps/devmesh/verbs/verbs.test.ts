import { allOperations } from '@devmesh/api';
import { describe, expect, test } from 'vitest';
import { fieldsOf } from './arguments.ts';
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
