import { createHash, randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import type { KeyValue } from '@devmesh/infrastructure';
import { z } from 'zod';

/** What a person is asked on a consent page; kept here, so that the page can send nothing but the answer. */
const question = z.object({
  clientId: z.string(),
  redirectUri: z.string(),
  state: z.string().optional(),
  resource: z.string(),
  scopes: z.array(z.string()),
  codeChallenge: z.string(),
});

export type Question = z.infer<typeof question>;

/** Who is asked: the sign-in, not only the person, so that no other browser can answer. */
interface Asked {
  readonly tenantId: string;
  readonly signInId: string;
}

/** The open questions of consent pages. Each has a token that its form sends back, once. */
export interface ConsentForms {
  ask(asked: Asked, about: Question): Promise<string>;
  /** The question of a token, for the first who brings it in the sign-in it was asked in; undefined for everybody else. */
  take(asked: Asked, token: string): Promise<Question | undefined>;
}

const secondsToAnswer = 600;
const tokenPattern = /^[\w-]{43}$/u;

/** Builds the forms. They throw `unavailable` while the key-values are away. */
export function createConsentForms({ keyvalue }: { readonly keyvalue: KeyValue }): ConsentForms {
  const keyOf = ({ tenantId, signInId }: Asked, token: string): string => {
    const digest = createHash('sha256').update(token).digest('base64url');
    return `${tenantId}:oauth-consent:${signInId}:${digest}`;
  };
  return {
    ask: async (asked, about) => {
      const token = randomBytes(32).toString('base64url');
      await keyvalue.set(keyOf(asked, token), JSON.stringify(about), secondsToAnswer);
      return token;
    },
    take: async (asked, token) => {
      if (!tokenPattern.test(token)) return undefined;
      const key = keyOf(asked, token);
      const stored = await keyvalue.get(key);
      // Of two that read it at once only one deletes it.
      if (stored === undefined || !(await keyvalue.delete(key, stored))) return undefined;
      return decode(stored);
    },
  };
}

function decode(stored: string): Question {
  const { data } = question.safeParse(JSON.parse(stored));
  if (data === undefined) throw new MeshError('internal', 'A stored question of a consent page cannot be read.');
  return data;
}
