import { describe, expect, test } from 'vitest';
import { createAllowList } from './allow-list.ts';

describe('the operator’s allow list', () => {
  test.each([
    ['gitlab.corp', 'gitlab.corp', 443, true],
    ['GitLab.Corp', 'gitlab.corp', 443, true],
    ['gitlab.corp', 'GITLAB.corp.', 443, true],
    ['gitlab.corp', 'sub.gitlab.corp', 443, false],
    ['gitlab.corp', 'evilgitlab.corp', 443, false],
    ['gitlab.corp:8443', 'gitlab.corp', 8443, true],
    ['gitlab.corp:8443', 'gitlab.corp', 443, false],
    ['*.corp', 'gitlab.corp', 80, true],
    ['*.corp', 'a.b.corp', 80, true],
    ['*.corp', 'corp', 80, false],
    ['*.corp', 'evilcorp', 80, false],
    ['*.corp:80', 'a.corp', 81, false],
    ['127.0.0.1:9', '127.0.0.1', 9, true],
    ['[::1]:9', '[::1]', 9, true],
    ['[::1]', '[::1]', 9, true],
  ])('%s for %s port %i: %s', (entry, hostname, port, allowed) => {
    expect(createAllowList([entry])(hostname, port)).toBe(allowed);
  });

  test.each([
    '',
    '*',
    '*.',
    'http://host',
    'host:port',
    'host:0',
    'host:70000',
    'a b',
    'user@host',
    '10.0.0.0/8',
    '::1',
    'a.*.b',
  ])('refuses the entry %j in one sentence', (entry) => {
    expect(() => createAllowList(['fine.example', entry])).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining('OUTBOUND_ALLOW_HOSTS') }),
    );
  });
});
