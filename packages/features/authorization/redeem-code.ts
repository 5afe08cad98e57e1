import { MeshError, type Clock } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { ActingPrincipal, Audit } from '../audit/index.ts';
import type { SignIns } from '../signin/index.ts';
import { hashCode, tenantOfCode } from './authorization-code.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { provesChallenge } from './pkce.ts';
import { noteSignIn, useCode, type CodeRow } from './store.ts';

interface RedeemOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signIns: SignIns;
}

/** What a client brings to the token endpoint with a code. */
export interface Redemption {
  readonly code: string;
  /** The short name of the client that proved itself. */
  readonly client: string;
  readonly redirectUri: string;
  readonly verifier: string;
  /** The resource that it names again, if it does. */
  readonly resource: string | undefined;
}

type Redeemed = Awaited<ReturnType<SignIns['open']>>;

/**
 * Opens the sign-in that a code stands for. Whatever is wrong, the code is used up; where it was used before, the sign-in that
 * it gave ends, since one of the two who brought it stole it. Throws `invalid_grant` without telling what is wrong.
 */
export async function redeemCode(options: RedeemOptions, redemption: Redemption): Promise<Redeemed> {
  const tenantId = tenantOfCode(redemption.code);
  if (tenantId === undefined) throw refusal();
  const { code, opened } = await options.database.tenant(tenantId, (tx) => redeem(options, tx, tenantId, redemption));
  if (opened !== undefined) return opened;
  // After the commit, which must keep that the code is used up.
  if (code !== undefined) await endSignIn(options, tenantId, code);
  throw refusal();
}

interface Outcome {
  readonly code: CodeRow | undefined;
  readonly opened: Redeemed | undefined;
}

async function redeem(options: RedeemOptions, tx: Tx, tenantId: string, redemption: Redemption): Promise<Outcome> {
  const { clock, audit, signIns } = options;
  const hash = hashCode(redemption.code);
  const code = await useCode(tx, hash, new Date(clock.now()));
  if (code === undefined) return { code, opened: undefined };
  const { userId, grantId, client, resource, scopes } = code;
  const fact = { actor: actorOfUser(userId), action: 'authorization.redeemCode', subject: grantId };
  if (!isRight(code, redemption, clock.now())) {
    const reason = code.used ? 'used_before' : 'does_not_match';
    await audit.record(tx, { ...fact, outcome: 'denied', detail: { client, reason } });
    return { code, opened: undefined };
  }
  const opened = await signIns.open(tx, { tenantId, userId, client, audience: resource, scopes });
  const { signInId } = opened.signIn;
  await noteSignIn(tx, hash, signInId);
  await audit.record(tx, { ...fact, detail: { client, resource, scopes, signInId } });
  return { code, opened };
}

function isRight(code: CodeRow, given: Redemption, now: number): boolean {
  return (
    !code.used &&
    code.expiresAt.getTime() > now &&
    code.client === given.client &&
    code.redirectUri === given.redirectUri &&
    (given.resource === undefined || code.resource === given.resource) &&
    provesChallenge(given.verifier, code.codeChallenge)
  );
}

async function endSignIn({ signIns }: RedeemOptions, tenantId: string, { userId, signInId }: CodeRow): Promise<void> {
  if (signInId === null) return;
  try {
    await signIns.revoke({ tenantId, signInId, reason: 'reused', actor: actorOfUser(userId) });
  } catch (error) {
    // It has been forgotten, which is as good as ended.
    if (!(error instanceof MeshError) || error.code !== 'not_found') throw error;
  }
}

/** The person in whose name the client came. */
function actorOfUser(userId: string): ActingPrincipal {
  return { name: `user:${userId}`, userId, agentId: undefined };
}

function refusal(): OAuthRefusal {
  return new OAuthRefusal('invalid_grant', 'The code is not one that this client may redeem now.');
}
