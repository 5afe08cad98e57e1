import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../identity/index.ts';
import { isCode, mostTries } from './confirmation-code.ts';
import { countTry, type PendingConsent, type WaitingConsent } from './consent-state.ts';
import type { ConnectionsOptions } from './options.ts';

/** The browser that a provider sent back: who is signed in there, and what was entered. */
export interface ReturnedBrowser {
  readonly person: Pick<Principal, 'tenantId' | 'userId'> | undefined;
  readonly confirmationCode?: string | undefined;
}

/** A consent that goes on waiting, as nothing proves yet that the browser is that of who began it. */
export interface UnprovenConsent {
  readonly unproven: PendingConsent;
  /** How often a code can still be entered, where one was entered that is wrong. */
  readonly triesLeft: number | undefined;
}

/**
 * Proves that a browser is that of who began a consent: they are signed in there, or their code was entered; undefined where
 * it is proven. Another person, and one try too many, end the consent with `forbidden`.
 */
export async function proveStarter(
  { keyvalue }: Pick<ConnectionsOptions, 'keyvalue'>,
  waiting: WaitingConsent,
  { person, confirmationCode = '' }: ReturnedBrowser,
): Promise<UnprovenConsent | undefined> {
  const { pending, tenantId, state } = waiting;
  if (person !== undefined && pending.starterId !== null) {
    if (person.tenantId === tenantId && person.userId === pending.starterId) return undefined;
    // Also with the right code: who is signed in as somebody else was handed the address, and maybe the code as well.
    await waiting.take();
    throw new MeshError('forbidden', 'You are signed in here as somebody else than who began this.');
  }
  if (confirmationCode === '') return { unproven: pending, triesLeft: undefined };
  const tries = await countTry(keyvalue, waiting);
  if (tries <= mostTries && isCode(pending.codeDigest, state, confirmationCode)) return undefined;
  if (tries < mostTries) return { unproven: pending, triesLeft: mostTries - tries };
  await waiting.take();
  throw new MeshError('forbidden', 'A wrong code was entered too often.');
}
