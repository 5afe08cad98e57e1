import type { MeshError } from '@devmesh/foundation';
import { fetchFor, type Tx } from '@devmesh/infrastructure';
import { requestMachineToken, type MachineGrant } from './machine-grant.ts';
import type { ConnectionsOptions } from './options.ts';
import type { TokenSet } from './provider.ts';
import { leaseSeconds, type Look, type Renewals, type UsableToken } from './renewal.ts';
import { placeOf, tokenRow } from './sealed-places.ts';
import {
  claimToolToken,
  failToolToken,
  selectToolToken,
  settleToolToken,
  type TokenHolder,
} from './store-tool-tokens.ts';
import { standingOf, timesOf } from './token-times.ts';

/** The token of a service that authenticates by itself. */
export interface MachineTokenRequest extends TokenHolder {
  readonly tenantId: string;
  readonly grant: MachineGrant;
  /** A token that the service refused: another one is wanted. */
  readonly refused?: string | undefined;
}

/** A token that is younger than this was refused for another reason than its age. */
const youngMilliseconds = 30_000;
/** How long a token counts whose server told no end. */
const unknownSeconds = 300;

/** The present token of a service, got anew where it is near its end: by one process, once. */
export function machineToken(
  options: ConnectionsOptions,
  renewals: Renewals,
  request: MachineTokenRequest,
): Promise<UsableToken> {
  const { tenantId, toolId, slot, holder, grant, refused } = request;
  return renewals.run<number, TokenSet>({
    tenantId,
    name: ['tool', toolId, holder, refused === undefined ? '' : 'refused', slot].join(' '),
    look: (tx) => look(options, tx, request),
    renew: () => requestMachineToken({ ...options, fetch: fetchFor(options.fetch, tenantId) }, grant),
    settle: (tx, fence, answer) => settle(options, tx, { request, fence, answer }),
    fail: (tx, fence, error: MeshError) => failToolToken(tx, request, fence, error.message.slice(0, 500)),
    // It ends by itself, soon.
    orphaned: () => Promise.resolve(),
  });
}

async function look(
  options: ConnectionsOptions,
  tx: Tx,
  { tenantId, refused, ...holder }: MachineTokenRequest,
): Promise<Look<number>> {
  const row = await selectToolToken(tx, holder);
  let present: UsableToken | undefined;
  if (row !== undefined && row.sealed !== null && row.renewedAt !== null) {
    const now = options.clock.now();
    const accessToken = (
      await options.vault.open(tx, placeOf(tenantId, 'tool_tokens', tokenRow(holder), 'sealed'), row.sealed)
    ).open();
    const dead = refused === accessToken && now - row.renewedAt.getTime() >= youngMilliseconds;
    const standing = dead ? 'ended' : standingOf(row, now);
    const token = { accessToken, renewedAt: row.renewedAt };
    if (standing === 'fresh') return { found: 'usable', token };
    if (standing === 'early') present = token;
  }
  const fence = await claimToolToken(tx, holder, leaseSeconds);
  if (fence !== undefined) return { found: 'claimed', claim: fence, present };
  return present === undefined ? { found: 'busy' } : { found: 'usable', token: present };
}

interface Settling {
  readonly request: MachineTokenRequest;
  readonly fence: number;
  readonly answer: TokenSet;
}

async function settle(
  { vault, clock }: ConnectionsOptions,
  tx: Tx,
  { request: { tenantId, toolId, slot, holder }, fence, answer }: Settling,
): Promise<UsableToken | undefined> {
  const now = clock.now();
  const renewedAt = new Date(now);
  const kept = await settleToolToken(tx, {
    toolId,
    slot,
    holder,
    fence,
    sealed: await vault.seal(
      tx,
      placeOf(tenantId, 'tool_tokens', tokenRow({ toolId, slot, holder }), 'sealed'),
      answer.accessToken,
    ),
    ...timesOf(now, answer.expiresInSeconds ?? unknownSeconds, Math.random),
    renewedAt,
  });
  return kept ? { accessToken: answer.accessToken.open(), renewedAt } : undefined;
}
