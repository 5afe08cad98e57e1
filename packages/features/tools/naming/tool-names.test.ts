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

  it('do not depend on the order of the operations [tools.import]', () => {
    fc.assert(
      fc.property(
        distinctOperations.chain((operations) =>
          fc.tuple(fc.constant(operations), fc.shuffledSubarray(operations, { minLength: operations.length })),
        ),
        ([operations, shuffled]) => {
          const named = new Map(
            nameTools('github', operations, new Set()).map((name, index) => [operations[index], name]),
          );
          expect(nameTools('github', shuffled, new Set())).toEqual(shuffled.map((one) => named.get(one)));
        },
      ),
    );
  });

  it('stay the same wherever the document grows, but for operations that would be alike [tools.import]', () => {
    fc.assert(
      fc.property(distinctOperations, fc.nat(30), (operations, count) => {
        const grown = nameTools('github', operations, new Set());
        const alone = operations.map((one) => nameTools('github', [one], new Set())[0]);
        const before = nameTools('github', operations.slice(0, count), new Set());
        const alike = (index: number): boolean => alone.filter((other) => other === alone[index]).length > 1;
        const changed = before.filter((name, index) => !alike(index) && name !== grown[index]);
        expect(changed).toEqual([]);
      }),
    );
  });

  it('are changed for one of two that would be alike, and the other keeps its own', () => {
    const operations = [
      { operationId: 'list', method: 'GET', path: '/a/long/path' },
      { operationId: 'list', method: 'GET', path: '/zz' },
      { operationId: 'list!', method: 'GET', path: '/' },
    ];
    const names = nameTools('shop', operations, new Set());
    expect(names[1]).toBe('shop_list');
    expect(names[0]).toMatch(/^shop_list_[0-9a-f]{8}$/u);
    expect(names[2]).toMatch(/^shop_list_[0-9a-f]{8}$/u);
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
    [{ operationId: undefined, method: 'GET', path: '/pets/{id}' }, 'shop_get_pets_by_id'],
    [{ operationId: '$$$', method: 'DELETE', path: '/' }, 'shop_delete'],
    [{ operationId: 'größe_ändern', method: 'PUT', path: '/' }, 'shop_gro_e_andern'],
    [{ operationId: 'read_item_items__item_id__get', method: 'GET', path: '/items/{item_id}' }, 'shop_read_item'],
    [{ operationId: undefined, method: 'GET', path: '/api/v1/users/{id}/repos' }, 'shop_get_users_by_id_repos'],
    [{ operationId: '_items_get', method: 'GET', path: '/items' }, 'shop_items_get'],
    [{ operationId: undefined, method: 'GET', path: '/api/v2/users' }, 'shop_get_v2_users'],
    [
      {
        operationId: undefined,
        method: 'POST',
        path: '/organizations/{organizationId}/projects/{projectId}/keys/{id}',
      },
      'shop_post_organizations_projects_keys_by_id',
    ],
    [{ operationId: '__proto__', method: 'GET', path: '/x' }, 'shop_proto'],
    [{ operationId: 'rm -rf /; $(curl x)', method: 'GET', path: '/x' }, 'shop_rm_-rf_curl_x'],
  ])('read like the operation: %j', (named, name) => {
    expect(nameTools('shop', [named], new Set())).toEqual([name]);
  });

  it('that are too long end at a word and in a hash', () => {
    const operationId = 'update_the_settings_of_one_environment_of_a_project_in_an_organization';
    const [name] = nameTools('shop', [{ operationId, method: 'PUT', path: '/x' }], new Set());
    expect(name).toMatch(/^shop_update_the_settings_of_one_environment_of_a_[a-z_]*_?[0-9a-f]{8}$/u);
    expect(name?.length).toBeLessThanOrEqual(64);
  });
});
