import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Security, SecuritySlot } from '../reading/security.ts';
import { chooseCredentials } from './choose-credentials.ts';

const key: SecuritySlot = { scheme: 'key', type: 'apiKey', in: 'header', name: 'X-Key' };
const app: SecuritySlot = { scheme: 'app', type: 'apiKey', in: 'query', name: 'app' };
const token: SecuritySlot = { scheme: 'token', type: 'http', httpScheme: 'bearer' };
const oauth: SecuritySlot = { scheme: 'oauth', type: 'oauth2' };
const basic: SecuritySlot = { scheme: 'basic', type: 'http', httpScheme: 'basic' };
const hmac: SecuritySlot = { scheme: 'hmac', type: 'http', httpScheme: 'aws4-hmac-sha256' };
const cert: SecuritySlot = { scheme: 'cert', type: 'mutualTLS' };
const lost: SecuritySlot = { scheme: 'lost', type: 'unknown' };
const disguised: SecuritySlot = { scheme: 'disguised', type: 'apiKey', in: 'header', name: 'authorization' };

type Candidate = Parameters<typeof chooseCredentials>[1][number];

function held(kind: Candidate['kind'], slot = '', more: Partial<Candidate> = {}): Candidate {
  return { kind, slot, location: null, locationName: null, own: false, ...more };
}

function namesOf(...given: Parameters<typeof chooseCredentials>) {
  const choice = chooseCredentials(...given);
  if (choice.found === 'missing') return choice.missing.map((slots) => slots.map(({ scheme }) => scheme));
  return choice.found === 'anonymous' ? 'anonymous' : choice.chosen.map(({ slot }) => slot?.scheme ?? 'stray');
}

describe('the credentials of a call', () => {
  it.each([
    ['fill the first alternative that they fill whole', [[key, token], [oauth], [token]], [held('bearer')], ['oauth']],
    ['fill all slots of an alternative', [[key, token]], [held('apiKey'), held('bearer')], ['key', 'token']],
    ['go before none where the document allows both', [[], [token]], [held('bearer')], ['token']],
    ['are none where the document allows that', [[], [token]], [], 'anonymous'],
    ['are none where the document says nothing', [], [held('bearer', 'token')], 'anonymous'],
    ['without a slot are used where the document says nothing', [], [held('bearer')], ['stray']],
    ['that fit nothing are used as they are', [[key]], [held('bearer')], ['stray']],
    ['that fit a part only are not used for it', [[key, token]], [held('bearer')], [['key']]],
    ['that are missing are told for each alternative', [[key, token], [basic]], [], [['key', 'token'], ['basic']]],
    ['for a slot fill it whatever their kind', [[basic]], [held('bearer', 'basic')], ['basic']],
    ['for another slot fill none', [[basic]], [held('basic', 'other')], [['basic']]],
    ['that say `none` fill every slot', [[key, token]], [held('none')], ['key', 'token']],
    ['without a slot fill one slot only', [[key, app]], [held('apiKey')], [['app']]],
  ] as const)('%s [tools.credential-slots]', (_what, security, credentials, expected) => {
    expect(namesOf(security, credentials)).toEqual(expected);
  });

  it.each([
    [token, held('bearer'), true],
    [token, held('oauth2'), true],
    [token, held('basic'), false],
    [oauth, held('clientCredentials'), true],
    [oauth, held('mutualTls'), false],
    [basic, held('basic'), true],
    [basic, held('bearer'), false],
    [key, held('apiKey'), true],
    [key, held('apiKey', '', { location: 'header', locationName: 'x-key' }), true],
    [key, held('apiKey', '', { location: 'query', locationName: 'X-Key' }), false],
    [key, held('apiKey', '', { location: 'header', locationName: 'X-Other' }), false],
    [app, held('apiKey', '', { location: 'query', locationName: 'APP' }), false],
    [token, held('apiKey', '', { location: 'header', locationName: 'Authorization' }), true],
    [token, held('apiKey', '', { location: 'header', locationName: 'X-Key' }), false],
    [disguised, held('bearer'), true],
    [disguised, held('basic'), true],
    [hmac, held('awsSigV4'), true],
    [hmac, held('bearer'), false],
    [cert, held('mutualTls'), true],
    [cert, held('bearer'), false],
    [lost, held('header'), true],
    [lost, held('apiKey'), false],
  ] as const)('without a slot fit by their kind: %j, %j: %s', (slot, credential, fitting) => {
    // Beside a slot that nothing fills, so that only fitting decides.
    const choice = chooseCredentials([[slot]], [credential]);
    expect(choice.found === 'credentials' && choice.chosen[0]?.slot !== undefined).toBe(fitting);
  });

  it("that are the person's own go before the organization's, slot by slot [tools.own-credential]", () => {
    const own = held('bearer', '', { own: true });
    const shared = held('bearer', 'token');
    expect(chooseCredentials([[token]], [shared, own])).toMatchObject({ chosen: [{ credential: own }] });
    const sharedKey = held('apiKey', 'key');
    // An alternative with a credential of one's own goes before an earlier one without.
    expect(namesOf([[key], [token]], [sharedKey, own])).toEqual(['token']);
    expect(namesOf([[key, token]], [sharedKey, own])).toEqual(['key', 'token']);
  });

  it('fill all slots of one alternative of the document, or none of any [tools.credential-slots]', () => {
    const slots = [key, app, token, oauth, basic, hmac, cert, lost, disguised];
    const kinds = ['bearer', 'basic', 'apiKey', 'header', 'mutualTls', 'awsSigV4'] as const;
    const security = fc.array(fc.uniqueArray(fc.constantFrom(...slots), { maxLength: 3 }), { maxLength: 4 });
    const slotNames = fc.constantFrom('', ...slots.map(({ scheme }) => scheme));
    const credentials = fc.array(fc.record({ kind: fc.constantFrom(...kinds), slot: slotNames, own: fc.boolean() }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(security, credentials, (alternatives, given) => {
        const candidates = given.map(({ kind, slot, own }) => held(kind, slot, { own }));
        expect(isSound(alternatives, chooseCredentials(alternatives, candidates))).toBe(true);
      }),
    );
  });
});

function isSound(alternatives: Security, choice: ReturnType<typeof chooseCredentials>): boolean {
  if (choice.found === 'anonymous')
    return alternatives.length === 0 || alternatives.some((slots) => slots.length === 0);
  if (choice.found === 'missing') return choice.missing.every((slots) => slots.length > 0);
  if (choice.chosen[0]?.slot === undefined) return choice.chosen.length === 1;
  const filled = choice.chosen.map(({ slot }) => slot?.scheme).join(' ');
  const unnamed = choice.chosen.map(({ credential }) => credential).filter(({ slot }) => slot === '');
  const whole = alternatives.some((slots) => slots.map(({ scheme }) => scheme).join(' ') === filled);
  return whole && new Set(unnamed).size === unnamed.length;
}
