import { MeshError, type Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { hashRefreshToken, tenantOfRefreshToken } from './refresh-token.ts';
import { addRefreshToken, isOpen, type OpenSignIn, type SignInParts } from './open-sign-in.ts';
import { claimRefreshToken, endSignIn, selectUsedRefreshToken, useSignIn } from './store.ts';

interface Refreshed {
  readonly signIn: OpenSignIn;
  readonly refreshToken: Secret;
}

/** Uses a refresh token up for its successor; ends the sign-in where the token was used before. Throws `unauthenticated`. */
export async function refreshSignIn(options: SignInParts, token: string, client: string): Promise<Refreshed> {
  const tenantId = tenantOfRefreshToken(token);
  if (tenantId === undefined) throw refusal();
  const hash = hashRefreshToken(token);
  const outcome = await options.database.tenant(tenantId, async (tx) => {
    const signInId = await claimRefreshToken(tx, hash, new Date(options.clock.now()));
    if (signInId !== undefined) return succeed(options, tx, { tenantId, signInId, client });
    return { reusedOf: await selectUsedRefreshToken(tx, hash) };
  });
  if ('signIn' in outcome) return outcome;
  if (outcome.reusedOf !== undefined) await endReused(options, tenantId, outcome.reusedOf);
  throw refusal();
}

interface Claimed {
  readonly tenantId: string;
  readonly signInId: string;
  readonly client: string;
}

async function succeed({ clock }: SignInParts, tx: Tx, claimed: Claimed): Promise<Refreshed> {
  const { tenantId, signInId, client } = claimed;
  const row = await useSignIn(tx, signInId, new Date(clock.now()));
  if (row?.client !== client || !isOpen(row, clock)) throw refusal();
  const { userId, audience, expiresAt } = row;
  const signIn = { tenantId, signInId, userId, client, audience, expiresAt, scopes: row.scopes ?? undefined };
  return { signIn, refreshToken: await addRefreshToken(tx, signIn, clock.now()) };
}

function endReused({ database, principals, audit, clock }: SignInParts, tenantId: string, signInId: string) {
  return principals.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      const row = await endSignIn(tx, signInId, { reason: 'reused', now: new Date(clock.now()) });
      if (row === undefined) return;
      await audit.record(tx, {
        actor: `user:${row.userId}`,
        action: 'signIn.refresh',
        subject: signInId,
        outcome: 'denied',
        detail: { reason: 'reused', client: row.client },
      });
    }),
  );
}

function refusal(): MeshError {
  return new MeshError('unauthenticated', 'The refresh token is not one that is valid here; sign in again.');
}
