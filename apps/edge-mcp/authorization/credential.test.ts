import { Secret } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCredential } from './credential.ts';
import { tokenUntil } from './platform.fixture.ts';
import { readUpstreamCredentials } from './upstream-credentials.ts';

describe('the credential of a session', () => {
  it('lapses a little before the access token ends, and not any more once the next is there', async () => {
    const clock = fakeClock();
    const credential = createCredential(new Secret(tokenUntil(clock.now() + 600_000, 'one')), clock);
    await clock.advance(560_000);
    expect(credential.lapsed()).toBe(false);
    await clock.advance(20_000);
    expect(credential.lapsed()).toBe(true);
    const next = tokenUntil(clock.now() + 600_000, 'two');
    credential.present(new Secret(next));
    expect(credential.lapsed()).toBe(false);
    expect(credential.current()).toBe(next);
  });

  it('never lapses where it is a key: refused, it was revoked', async () => {
    const clock = fakeClock();
    const credential = createCredential(new Secret('dm_user_x'), clock);
    await clock.advance(1e12);
    expect(credential.lapsed()).toBe(false);
  });
});

describe("a person's own upstream credentials", () => {
  const read = (headers: Readonly<Record<string, string>>) => readUpstreamCredentials(Object.entries(headers));

  it('are a token, or a scheme and a token, for a service by name', () => {
    const given = read({ 'X-Devmesh-Upstream-Git-Hub': 'abc', 'x-devmesh-upstream-jira': 'Basic eHl6', other: 'x' });
    expect(given.headersFor('git_hub_listIssues')).toEqual({ 'devmesh-upstream-authorization': 'git_hub Bearer abc' });
    expect(given.headersFor('jira_search')).toEqual({ 'devmesh-upstream-authorization': 'jira Basic eHl6' });
    expect(given.headersFor('jirax_search')).toEqual({});
    expect(given.headersFor('git_list')).toEqual({});
  });

  it.each([
    { 'x-devmesh-upstream-': 'abc' },
    { 'x-devmesh-upstream-1jira': 'abc' },
    { 'x-devmesh-upstream-jira': '' },
    { 'x-devmesh-upstream-jira': 'Bearer a b' },
    { 'x-devmesh-upstream-jira': 'a,b' },
    { 'x-devmesh-upstream-jira': 'Bearer abc, other Bearer def' },
    { 'x-devmesh-upstream-git-hub': 'a', 'x-devmesh-upstream-git_hub': 'b' },
    Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`x-devmesh-upstream-s${String(at)}`, 'a'])),
  ])('are refused where they could be read in two ways, or are too many: %j', (headers) => {
    expect(() => read(headers)).toThrow('X-Devmesh-Upstream-<service>');
  });

  it('never carry one service over to the header of another, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const sent = (): string => {
          try {
            return Object.values(read({ 'x-devmesh-upstream-jira': value }).headersFor('jira_x')).join('');
          } catch {
            return '';
          }
        };
        expect(sent()).toMatch(/^(?:jira [\w-]+ [\w.~+/-]+=*)?$/u);
      }),
    );
  });
});
