import { describe, expect, test } from 'vitest';
import { createAgenda } from './agenda.ts';

describe('the agenda', () => {
  test('gives an organization once, however often it is added', () => {
    const agenda = createAgenda(1_000);
    agenda.add('a');
    agenda.add('a');
    agenda.add('b');
    expect(agenda.take(0)).toEqual(['a', 'b']);
    expect(agenda.take(0)).toEqual([]);
  });

  test('looks again ever later, until a regular look comes anyway', () => {
    const agenda = createAgenda(1_000);
    const looks: number[] = [];
    let now = 0;
    agenda.addAgain('a', now);
    for (let next = agenda.next(); next !== undefined; next = agenda.next()) {
      now = next;
      looks.push(now);
      expect(agenda.take(now - 1)).toEqual([]);
      expect(agenda.take(now)).toEqual(['a']);
      agenda.addAgain('a', now);
    }
    expect(looks).toEqual([50, 150, 350, 750, 1_550]);
    agenda.found('a');
    agenda.addAgain('a', 0);
    expect(agenda.next()).toBe(50);
  });

  test('does not put off one that is due at once', () => {
    const agenda = createAgenda(1_000);
    agenda.add('a');
    agenda.addAgain('a', 5);
    expect(agenda.take(5)).toEqual(['a']);
  });
});
