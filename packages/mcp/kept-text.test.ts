import { describe, expect, it } from 'vitest';
import { keepsText, keepText } from './kept-text.ts';
import { resultText } from './message.ts';
import { complete } from './stateless/complete.ts';

/** A result that counts how often it was written out. */
function counted() {
  const result = {
    times: 0,
    toJSON: () => {
      result.times += 1;
      return { tools: [] };
    },
  };
  return result;
}

describe('the text of a result that is given many times', () => {
  it('is made once, and fits every request', () => {
    const kept = keepText(counted());
    expect([resultText(1, kept), resultText('"2"', kept)].map((text) => JSON.parse(text) as unknown)).toEqual([
      { jsonrpc: '2.0', id: 1, result: { tools: [] } },
      { jsonrpc: '2.0', id: '"2"', result: { tools: [] } },
    ]);
    expect(kept.times).toBe(1);
  });

  it('is made anew of every other', () => {
    const other = counted();
    resultText(1, other);
    resultText(2, other);
    expect(other.times).toBe(2);
  });

  it('is made once for clients without sessions too, for each server by itself', () => {
    const greeting = (name: string) => ({ info: { name }, instructions: undefined, capabilities: {} });
    const [one, two] = [greeting('one'), greeting('two')];
    const result = keepText({ tools: [] });
    const first = complete('tools/list', result, one);
    expect(complete('tools/list', result, one)).toBe(first);
    expect(keepsText(first)).toBe(true);
    expect(JSON.stringify(complete('tools/list', result, two))).toContain('"two"');
    expect(complete('tools/list', { tools: [] }, one)).not.toBe(first);
  });
});
