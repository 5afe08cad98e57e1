import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kindNames, kinds } from './index.ts';

describe('docs/webhooks.md', () => {
  const lines = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8').split('\n');

  it('lists exactly the kinds there are, with what they verify', () => {
    const rows = lines.filter((line) => line.startsWith('| `'));
    expect(rows).toEqual(kindNames.map((name) => `| \`${name}\` | ${kinds[name].title} | ${kinds[name].signature} |`));
  });

  it.each(kindNames)('tells how to set up %s', (name) => {
    expect(lines.some((line) => line.startsWith('**') && line.includes(`(\`${name}\`)`))).toBe(true);
  });
});
