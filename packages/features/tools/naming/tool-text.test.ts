import { describe, expect, it } from 'vitest';
import { descriptionOf, titleOf } from './tool-text.ts';

const told = (rest: object) => ({
  operationId: undefined,
  summary: undefined,
  description: undefined,
  deprecated: false,
  method: 'GET',
  path: '/pets',
  answer: { description: undefined, mediaTypes: [] },
  ...rest,
});
const answer = (description: string | undefined, ...mediaTypes: string[]) => ({ answer: { description, mediaTypes } });

describe('what a model reads of a tool', () => {
  it.each([
    [{}, 'GET /pets'],
    [{ summary: 'List pets' }, 'List pets.'],
    [{ summary: 'List pets', description: 'List pets.\nAll of them.' }, 'List pets.\nAll of them.'],
    [{ summary: 'List pets', description: 'At most 100.' }, 'List pets.\n\nAt most 100.'],
    [{ summary: 'Old', deprecated: true }, 'Deprecated.\n\nOld.'],
    [{ summary: 'List', ...answer('A page of pets', 'application/json') }, 'List.\n\nReturns: A page of pets.'],
    [{ summary: 'List', ...answer('Successful Response', 'application/json') }, 'List.'],
    [{ summary: 'List', ...answer('OK') }, 'List.'],
    [{ summary: 'Get', ...answer('OK', 'image/png', 'image/gif') }, 'Get.\n\nReturns image/png or image/gif.'],
    [{ summary: 'Get', ...answer('The chart', 'text/csv') }, 'Get.\n\nReturns (text/csv): The chart.'],
  ])('of %j is %j', (operation, expected) => {
    expect(descriptionOf(told(operation))).toBe(expected);
  });

  it('has room for what it returns however long the description is', () => {
    const text = descriptionOf(told({ description: 'word '.repeat(1_000), ...answer('The pets') }));
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(text).toMatch(/word…\n\nReturns: The pets\.$/u);
  });

  it.each([
    [{ summary: '**Make** a pet' }, 'Make a pet'],
    [{ summary: '\u200B', operationId: 'makePet' }, 'makePet'],
    [{ operationId: '' }, 'GET /pets'],
  ])('has of %j the title %j', (operation, title) => {
    expect(titleOf(told(operation))).toBe(title);
  });
});
