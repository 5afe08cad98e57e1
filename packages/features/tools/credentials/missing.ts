import { MeshError } from '@devmesh/foundation';
import type { Security, SecuritySlot } from '../reading/security.ts';
import type { CallableRow } from '../store.ts';
import { shownSlot } from './shown-slot.ts';
import type { HeldCredential } from './store-credentials.ts';

interface Missing {
  /** Of each alternative, what is not filled. */
  readonly missing: Security;
  /** What is stored, for other origins too. */
  readonly held: readonly Pick<HeldCredential, 'origins'>[];
  /** Where the call goes. */
  readonly origin: string;
}

/** Says which slots a call would need filled, and where they are. */
export function credentialMissing(
  { name, service }: Pick<CallableRow, 'name' | 'service'>,
  { missing, held, origin }: Missing,
): MeshError {
  const elsewhere = [...new Set(held.flatMap(({ origins }) => origins))].filter((one) => one !== origin);
  const bound =
    elsewhere.length === 0 ? '' : ` What is set goes to ${elsewhere.join(', ')} only, and this call to ${origin}.`;
  return new MeshError('credential_missing', `${name} of ${service} wants ${wanted(missing)}.${bound}`, {
    issues: slotsOf(missing).map((slot) => ({
      path: `credentials.${slot.scheme}`,
      message: `is not set: ${shownSlot(slot)}`,
    })),
  });
}

/** The alternatives in words. */
export function wanted(missing: Security): string {
  return missing.map((slots) => slots.map(shownSlot).join(' and ')).join(', or ');
}

function slotsOf(missing: Security): readonly SecuritySlot[] {
  return [...new Map(missing.flat().map((slot) => [slot.scheme, slot])).values()];
}
