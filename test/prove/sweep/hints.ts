import type { Instance } from '../instance/instance.ts';
import type { Hints } from './example.ts';

/** What the schemas of requests do not tell about the values that an operation takes. */
export function hintsFor({ mockUrl, repository }: Pick<Instance, 'mockUrl' | 'repository'>): Hints {
  return {
    // Names are unique in an organization, and B asks more than once.
    name: freshName,
    slug: freshName,
    url: `${mockUrl ?? 'https://example.org'}/openapi.json`,
    path: repository ?? '/nowhere',
    condition: true,
    event: 'push',
    'identity.createKey type': 'agent',
    'webhooks.replayRange from': '2026-01-01T00:00:00.000Z',
    'webhooks.replayRange to': '2026-01-02T00:00:00.000Z',
  };
}

/** Fields that an operation always wants, though its schema does not say so. */
export function alwaysFor({
  mockUrl,
}: Pick<Instance, 'mockUrl'>): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const origin = mockUrl ?? 'https://example.org';
  return { 'tools.import': { url: `${origin}/openapi.json` }, 'tools.registerMcp': { url: `${origin}/mcp` } };
}

/** Fields that an operation wants beside the one that an id is put in, though its schema does not say so. */
export const besides: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'automation.testRules sourceId': { event: 'push', payload: {} },
};

let names = 0;

/** Short, lower case, begins with a letter: what every name here may be. */
function freshName(): string {
  names += 1;
  return `n${process.pid.toString(36)}${names.toString(36)}`;
}
