import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotationsOf, operationAnnotations } from './annotations.ts';

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PURGE');

describe('what a tool is said to do', () => {
  it.each([
    ['GET', '/pets', 'read'],
    ['GET', '/pets/deleted', 'read'],
    ['GET', '/deletions/{id}', 'read'],
    ['GET', '/auth.revoke', 'destroy'],
    ['GET', '/pets/{id}/delete', 'destroy'],
    ['POST', '/pets/search', 'write'],
    ['POST', '/pets/{id}/delete', 'destroy'],
    ['POST', '/pets/{id}:purge', 'destroy'],
    ['POST', '/tokens/revoke', 'destroy'],
    ['POST', '/chat.delete', 'destroy'],
    ['PUT', '/pets/{id}', 'write'],
    ['DELETE', '/pets/{id}', 'destroy'],
  ])('by %s %s is to %s', (verb, path, effect) => {
    const { readOnlyHint, destructiveHint } = operationAnnotations({ method: verb, path, operationId: undefined });
    expect(readOnlyHint ? 'read' : destructiveHint ? 'destroy' : 'write').toBe(effect);
  });

  it('follows from the id of what writes', () => {
    const of = (operationId: string, verb: string) => operationAnnotations({ method: verb, path: '/x', operationId });
    expect(of('deletePets', 'POST').destructiveHint).toBe(true);
    expect(of('pets_bulk_remove', 'POST').destructiveHint).toBe(true);
    expect(of('undelete', 'POST').destructiveHint).toBe(false);
    expect(of('getDeletePolicy', 'GET').readOnlyHint).toBe(true);
  });

  it('is never safer than its method says', () => {
    fc.assert(
      fc.property(method, fc.webPath(), fc.string(), (verb, path, operationId) => {
        const promised = annotationsOf(verb);
        const said = operationAnnotations({ method: verb, path, operationId });
        expect(Number(said.readOnlyHint)).toBeLessThanOrEqual(Number(promised.readOnlyHint));
        expect(Number(said.idempotentHint)).toBeLessThanOrEqual(Number(promised.idempotentHint));
        expect(Number(said.destructiveHint)).toBeGreaterThanOrEqual(Number(promised.destructiveHint));
      }),
    );
  });
});
