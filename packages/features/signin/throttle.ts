import { createHash } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { blockOf, rateLimitHeaders, type PolicyLimit, type RateLimit } from '@devmesh/infrastructure';

/** Holds attempts to sign in to what people need. */
export interface SignInThrottle {
  /** Takes one attempt on an account from an address; `headers` get what is left. Throws `rate_limited`. */
  attempt(about: Attempt): Promise<void>;
}

interface Attempt {
  /** What is guessed at; whoever guesses, from wherever, shares its attempts. Absent where no secret is guessed. */
  readonly account?: string | undefined;
  /** Where the attempt comes from, as far as it is known. */
  readonly address: string | undefined;
  /** Takes the RateLimit headers of the answer. */
  readonly headers: Headers;
}

const windowSeconds = 900;
const attemptsOnAccount = 10;
const attemptsFromAddress = 60;

/** Builds the throttle. */
export function createSignInThrottle({ rateLimit }: { readonly rateLimit: RateLimit }): SignInThrottle {
  return {
    attempt: async ({ account, address, headers }) => {
      const limits: readonly (PolicyLimit | undefined)[] = [
        account === undefined
          ? undefined
          : { policy: 'account', key: digest(account), limit: attemptsOnAccount, windowSeconds },
        address === undefined
          ? undefined
          : { policy: 'address', key: blockOf(address), limit: attemptsFromAddress, windowSeconds },
      ];
      const holding = limits.filter((limit) => limit !== undefined);
      const { allowed, policies } = await rateLimit.checkAll('sign-in', holding);
      for (const [name, value] of Object.entries(rateLimitHeaders(policies))) headers.set(name, value);
      if (allowed) return;
      const refused = policies.filter((policy) => !policy.allowed);
      throw new MeshError('rate_limited', 'There were too many attempts to sign in.', {
        retryAfterSeconds: Math.max(1, ...refused.map(({ resetSeconds }) => resetSeconds)),
      });
    },
  };
}

/** Addresses of e-mail are no business of the key-values. */
function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}
