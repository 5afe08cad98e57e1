import type { Security, SecuritySlot } from '../reading/security.ts';
import { fits } from './fitting.ts';
import type { HeldCredential } from './store-credentials.ts';

/** A credential and the slot that it fills; no slot where the document has none for it. */
export interface ChosenCredential<Held> {
  readonly credential: Held;
  readonly slot: SecuritySlot | undefined;
}

/** What a call is sent under, or the slots of which it would need one list filled. */
export type Choice<Held> =
  | { readonly found: 'credentials'; readonly chosen: readonly ChosenCredential<Held>[] }
  | { readonly found: 'anonymous' }
  | { readonly found: 'missing'; readonly missing: Security };

type Candidate = Pick<HeldCredential, 'kind' | 'location' | 'locationName' | 'slot' | 'own'>;

/**
 * Which credentials a call uses: those of the first alternative whose slots are all filled, one with a credential of the
 * person's own before the others. Where the document wants none, or nothing that fits what is held without naming a slot, that is
 * used as it is: documents are wrong more often than the people who set it.
 */
export function chooseCredentials<Held extends Candidate>(security: Security, held: readonly Held[]): Choice<Held> {
  const candidates = held.toSorted((one, other) => Number(other.own) - Number(one.own));
  const filled = security.filter((slots) => slots.length > 0).flatMap((slots) => fill(slots, candidates) ?? []);
  const best = filled.find((chosen) => chosen.some(({ credential }) => credential.own)) ?? filled[0];
  if (best !== undefined) return { found: 'credentials', chosen: best };
  const stray = candidates.find((credential) => credential.slot === '' && fitsNothing(security, credential));
  if (stray !== undefined) return { found: 'credentials', chosen: [{ credential: stray, slot: undefined }] };
  if (security.length === 0 || security.some((slots) => slots.length === 0)) return { found: 'anonymous' };
  return { found: 'missing', missing: security.map((slots) => unfilled(slots, candidates)) };
}

/** Every slot with its credential; undefined where one stays empty. */
function fill<Held extends Candidate>(
  slots: readonly SecuritySlot[],
  candidates: readonly Held[],
): readonly (readonly ChosenCredential<Held>[])[] | undefined {
  const complete = assign(slots, candidates).flatMap(({ slot, credential }) =>
    credential === undefined ? [] : [{ slot, credential }],
  );
  return complete.length === slots.length ? [complete] : undefined;
}

interface Assigned<Held> {
  readonly slot: SecuritySlot;
  readonly credential: Held | undefined;
}

/** Of each slot its own credential, or one without a slot that fits; such a one fills one slot only, as `none` fills all. */
function assign<Held extends Candidate>(
  slots: readonly SecuritySlot[],
  candidates: readonly Held[],
): readonly Assigned<Held>[] {
  const used = new Set<Held>();
  return slots.map((slot) => {
    const credential = candidates.find(
      (one) => one.slot === slot.scheme || (one.slot === '' && !used.has(one) && fits(slot, one)),
    );
    if (credential?.slot === '' && credential.kind !== 'none') used.add(credential);
    return { slot, credential };
  });
}

function unfilled(slots: readonly SecuritySlot[], candidates: readonly Candidate[]): readonly SecuritySlot[] {
  return assign(slots, candidates)
    .filter(({ credential }) => credential === undefined)
    .map(({ slot }) => slot);
}

function fitsNothing(security: Security, credential: Candidate): boolean {
  return !security.some((slots) => slots.some((slot) => fits(slot, credential)));
}
