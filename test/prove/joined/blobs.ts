import { randomBytes } from 'node:crypto';
import { MeshError, newId } from '@devmesh/foundation';
import { openUnder, sealUnder, type SecretPlace } from '../../../packages/features/vault/sealed.ts';
import type { Outcome } from '../outcome.ts';

/** Attacks a sealed value in every bit, at its end, and by carrying it elsewhere; each must meet the one refusal. */
export function proveBlobs(): Outcome {
  const tenantKey = { version: 7, key: randomBytes(32) };
  const home: SecretPlace = { tenantId: newId(), table: 'organization_tools', row: newId(), field: 'sealed' };
  const text = Buffer.from('a secret of some length');
  const sealed = sealUnder(tenantKey, home, text);
  const refusals = new Set<string>();
  const isRefused = (bytes: Uint8Array, place = home): boolean => {
    try {
      openUnder(tenantKey.key, place, bytes);
      return false;
    } catch (error) {
      if (!(error instanceof MeshError)) throw error;
      refusals.add(`${error.code}: ${error.message}`);
      return true;
    }
  };
  const flips = Array.from({ length: sealed.length * 8 }, (_bit, at) => flipped(sealed, at));
  const cuts = [4, 8, 12].map((length) => sealed.subarray(0, sealed.length - length));
  const elsewhere = [{ row: newId() }, { field: 'other' }, { table: 'webhook_sources' }, { tenantId: newId() }];
  const bitFlips = flips.filter((bytes) => isRefused(bytes)).length;
  const truncations = cuts.filter((bytes) => isRefused(bytes)).length;
  const swaps = elsewhere.filter((place) => isRefused(sealed, { ...home, ...place })).length;
  const opens = openUnder(tenantKey.key, home, sealed).equals(text);
  return {
    figures: { bitFlips, truncations, swaps },
    failures: [
      ...(bitFlips === flips.length ? [] : [`${String(flips.length - bitFlips)} values with a changed bit open`]),
      ...(truncations === cuts.length ? [] : ['a value with a shortened tag opens']),
      ...(swaps === elsewhere.length ? [] : ['a value opens in a place that it was not sealed for']),
      ...(refusals.size === 1 ? [] : [`refusals differ: ${[...refusals].join('; ')}`]),
      ...(opens ? [] : ['an untouched value does not open, so nothing is proved']),
    ],
  };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const altered = Buffer.from(bytes);
  altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return altered;
}
