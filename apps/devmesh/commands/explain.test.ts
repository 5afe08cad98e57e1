import { describe, expect, test } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import { readSubject, render } from './explain.ts';

describe('devmesh explain', () => {
  test('is about a key, a user or a role', () => {
    expect(readSubject('role:auditor')).toEqual({ role: 'auditor' });
    expect(readSubject('key:0193')).toEqual({ keyId: '0193' });
    expect(readSubject('user:0193')).toEqual({ userId: '0193' });
    for (const wrong of ['auditor', 'role:', 'toString:x', ''])
      expect(() => readSubject(wrong)).toThrow(/--as is key:ID/u);
  });

  test('says first what decides, then what each layer says, then what looks like the name', () => {
    const denied = {
      allowed: false,
      reason: 'policy_forbids',
      rule: 'no-main',
      sentence: 'Forbidden by the policy no-main.',
    } as const;
    const shown = render({
      ...denied,
      name: 'github_merge',
      kind: 'tool',
      subject: 'role:developer',
      revision: 3,
      argumentsAsked: true,
      verdicts: [
        { layer: 'scope', allowed: true, reason: 'allowed', rule: 'tools:call', sentence: 'The scope allows it.' },
        { layer: 'policy', ...denied },
      ],
      nearest: ['github_marge'],
    });
    expect(stripVTControlCharacters(shown).split('\n')).toEqual([
      'github_merge is denied to role:developer: policy_forbids (no-main)',
      'Forbidden by the policy no-main.',
      '',
      '  + scope   The scope allows it.',
      '  - policy  Forbidden by the policy no-main.',
      '',
      'Names like it: github_marge',
    ]);
  });
});
