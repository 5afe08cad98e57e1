import { MeshError, type Secret } from '@devmesh/foundation';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { normalizePassword } from './password-rules.ts';

/** What comparing a password with a stored one found. */
interface PasswordCheck {
  readonly matches: boolean;
  /** It matches, but was stored with weaker parameters: hash it anew and store that. */
  readonly outdated: boolean;
}

/** Turns passwords into what may be stored, and compares them with it. */
export interface PasswordHasher {
  /** What is stored instead of the password, in the PHC format. Throws `rate_limited` where too many wait already. */
  hash(password: Secret): Promise<string>;
  /**
   * Whether a password is the stored one. Without a stored one it takes as long and never matches, so that nobody can tell
   * who has an account. Throws `rate_limited` where too many wait already.
   */
  verify(stored: string | undefined, password: Secret): Promise<PasswordCheck>;
}

/** How dear one hash is. */
interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
}

interface PasswordHasherOptions {
  /** Default: what OWASP recommends for argon2id, 19 MiB and 2 passes. */
  readonly cost?: Cost;
  /** How many are computed at once; each takes a thread of the pool and its memory. Default: 2. */
  readonly parallel?: number;
  /** How many may wait for that; more are refused. Default: 100. */
  readonly waiting?: number;
}

const recommended: Cost = { memory: 19_456, passes: 2 };
const longestStored = 512;
const retryAfterSeconds = 2;

/** Argon2id, computed off the event loop, a few at once. */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { cost = recommended, parallel = 2, waiting = 100 } = options;
  // Its default algorithm is argon2id.
  const parameters = { memoryCost: cost.memory, timeCost: cost.passes, parallelism: 1 };
  const inTurn = createTurns(parallel, waiting);
  let nobodys: Promise<string> | undefined;
  const hashOfNobody = (): Promise<string> => (nobodys ??= hash('the password of nobody', parameters));
  const isOutdated = (stored: string): boolean => {
    if (!stored.startsWith('$argon2id$')) return true;
    const { memoryCost, timeCost, parallelism } = parseOptions(stored);
    return memoryCost < cost.memory || timeCost < cost.passes || parallelism !== 1;
  };
  return {
    hash: (password) => inTurn(() => hash(normalizePassword(password), parameters)),
    verify: (stored, password) =>
      inTurn(async () => {
        const usable = stored !== undefined && stored.length <= longestStored;
        const same = await verify(usable ? stored : await hashOfNobody(), normalizePassword(password));
        const matches = usable && same;
        return { matches, outdated: matches && isOutdated(stored) };
      }),
  };
}

/** Runs work a few at a time, in the order in which it came; refuses it where too much waits. */
function createTurns(parallel: number, waiting: number) {
  const queue: (() => void)[] = [];
  let running = 0;
  const leave = (): void => {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const enter = (): Promise<void> => {
    if (running < parallel) {
      running += 1;
      return Promise.resolve();
    }
    if (queue.length >= waiting) {
      const sentence = 'Too many passwords are being checked at this moment; try again soon.';
      throw new MeshError('rate_limited', sentence, { retryAfterSeconds });
    }
    return new Promise((resolve) => {
      queue.push(resolve);
    });
  };
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
