import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameTools } from './tool-names.ts';

const operation = fc.record({
  operationId: fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 120 }), fc.constantFrom('get', 'list')), {
    nil: undefined,
  }),
  method: fc.constantFrom('GET', 'POST', 'DELETE'),
  path: fc.oneof(fc.webPath(), fc.constantFrom('/', '/a', '/a/{b}')),
});

const distinctOperations = fc.uniqueArray(operation, {
  maxLength: 30,
  selector: ({ method, path }) => `${method} ${path}`,
});

describe('names of tools', () => {
  it('are valid and unique for any operations [tools.import]', () => {
    fc.assert(
      fc.property(distinctOperations, (operations) => {
        const names = nameTools('github', operations, new Set());
        expect(names).toHaveLength(operations.length);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) expect(name).toMatch(/^github_[a-zA-Z0-9_-]{1,57}$/u);
      }),
    );
  });

  it('stay the same when the document grows at its end [tools.import]', () => {
    fc.assert(
      fc.property(distinctOperations, fc.nat(30), (operations, count) => {
        const before = nameTools('github', operations.slice(0, count), new Set());
        expect(nameTools('github', operations, new Set()).slice(0, count)).toEqual(before);
      }),
    );
  });

  it('avoid names that are taken', () => {
    fc.assert(
      fc.property(distinctOperations, (operations) => {
        const taken = new Set(nameTools('github', operations, new Set()));
        for (const name of nameTools('github', operations, taken)) expect(taken.has(name)).toBe(false);
      }),
    );
  });

  it.each([
    [{ operationId: 'listPets', method: 'GET', path: '/pets' }, 'shop_listPets'],
    [{ operationId: 'pets/list-all', method: 'GET', path: '/pets' }, 'shop_pets_list-all'],
    [{ operationId: undefined, method: 'GET', path: '/pets/{id}' }, 'shop_get_pets_id'],
    [{ operationId: '$$$', method: 'DELETE', path: '/' }, 'shop_delete'],
  ])('read like the operation: %j', (named, name) => {
    expect(nameTools('shop', [named], new Set())).toEqual([name]);
  });
});
