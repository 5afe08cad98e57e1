import { MeshError, toMeshError, type Clock, type Logger } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';

/** What a look at a stored token found. */
export type Look<Claim> =
  /** It can be used. */
  | { readonly found: 'usable'; readonly token: UsableToken }
  /** Somebody else renews it. */
  | { readonly found: 'busy' }
  /** It is of no use any more, which is on record. */
  | { readonly found: 'lost'; readonly error: MeshError }
  /** The lease on renewing it is ours; `present` is still good for a moment. */
  | { readonly found: 'claimed'; readonly claim: Claim; readonly present: UsableToken | undefined };

/** A token in clear, and how it was got. */
export interface UsableToken {
  readonly accessToken: string;
  readonly renewedAt: Date;
}

/** How one stored token is renewed. Every step but `renew` runs in a transaction of the tenant. */
export interface RenewalWork<Claim, Answer> {
  readonly tenantId: string;
  /** What is renewed: work of the same name is shared within the process. */
  readonly name: string;
  readonly look: (tx: Tx) => Promise<Look<Claim>>;
  /** Asks the authorization server. */
  readonly renew: (claim: Claim) => Promise<Answer>;
  /** Stores what it answered; undefined for a late holder of the lease. */
  readonly settle: (tx: Tx, claim: Claim, answer: Answer) => Promise<UsableToken | undefined>;
  /** Puts a failure on record and gives the lease back. */
  readonly fail: (tx: Tx, claim: Claim, error: MeshError) => Promise<void>;
  /** What is done with an answer that came too late to be stored. */
  readonly orphaned: (claim: Claim, answer: Answer) => Promise<void>;
}

interface RenewalsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Renews tokens once, however many ask for them, in however many processes. */
export interface Renewals {
  run<Claim, Answer>(work: RenewalWork<Claim, Answer>): Promise<UsableToken>;
}

/** Longer than a request to the server and all tries to store its answer, so that only a dead holder loses its lease. */
export const leaseSeconds = 90;
const waitMilliseconds = 30_000;
const storeTries = 6;
const firstStorePause = 250;
const shortestPause = 50;
const longestPause = 1_000;

/** Builds the renewals of a process. */
export function createRenewals(options: RenewalsOptions): Renewals {
  const flights = new Map<string, Promise<UsableToken>>();
  return {
    run: (work) => {
      const key = `${work.tenantId} ${work.name}`;
      const flying = flights.get(key);
      if (flying !== undefined) return flying;
      // Nobody's signal ends it: an answer with a new refresh token must be stored, whoever went away meanwhile.
      const flight = run(options, work).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
  };
}

async function run<Claim, Answer>(options: RenewalsOptions, work: RenewalWork<Claim, Answer>): Promise<UsableToken> {
  const { database, clock } = options;
  const until = clock.now() + waitMilliseconds;
  for (let pause = shortestPause; ; pause = Math.min(pause * 1.5, longestPause)) {
    const look = await database.tenant(work.tenantId, (tx) => work.look(tx));
    if (look.found === 'usable') return look.token;
    if (look.found === 'lost') throw look.error;
    if (look.found === 'claimed') return carryOut(options, work, look);
    if (clock.now() > until) {
      throw new MeshError('unavailable', 'Another process renews the token for this service and is not done yet.', {
        retryAfterSeconds: 5,
      });
    }
    await clock.sleep(pause * (0.5 + Math.random()));
  }
}

async function carryOut<Claim, Answer>(
  options: RenewalsOptions,
  work: RenewalWork<Claim, Answer>,
  { claim, present }: Extract<Look<Claim>, { readonly found: 'claimed' }>,
): Promise<UsableToken> {
  let answer: Answer;
  try {
    answer = await work.renew(claim);
  } catch (error) {
    const known = toMeshError(error);
    await options.database.tenant(work.tenantId, (tx) => work.fail(tx, claim, known));
    if (present === undefined || known.code === 'consent_required') throw error;
    options.log.warn('a token could not be renewed early and is used on', { 'error.code': known.code });
    return present;
  }
  const stored = await store(options, work, { claim, answer });
  if (stored !== undefined) return stored;
  await work.orphaned(claim, answer);
  throw new MeshError('unavailable', 'The credential of this service was changed while its token was renewed.', {
    retryAfterSeconds: 1,
  });
}

/** The server has forgotten the old refresh token by now, so a database that is away for a moment is waited for. */
async function store<Claim, Answer>(
  { database, clock, log }: RenewalsOptions,
  work: RenewalWork<Claim, Answer>,
  { claim, answer }: { readonly claim: Claim; readonly answer: Answer },
): Promise<UsableToken | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.tenant(work.tenantId, (tx) => work.settle(tx, claim, answer));
    } catch (error) {
      if (attempt >= storeTries) throw error;
      log.error('a renewed token could not be stored; it is tried again', error, { attempt });
      await clock.sleep(firstStorePause * 2 ** attempt);
    }
  }
}
