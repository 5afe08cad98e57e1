import type { operations, ResponseOf } from '@devmesh/api';
import type { Security, SecuritySlot } from '../reading/security.ts';
import { chooseCredentials } from './choose-credentials.ts';
import { kindsFor } from './fitting.ts';
import { originOf } from './origin.ts';
import type { HeldCredential } from './store-credentials.ts';

/** What is told of the credentials of a service. */
export type CredentialOverview = ResponseOf<typeof operations.tools.listCredentials>;

interface Describing {
  readonly baseUrl: string;
  readonly wanted: readonly { readonly security: Security; readonly operations: number }[];
  readonly held: readonly HeldCredential[];
  /** By slot, how many people have their own. */
  readonly people: ReadonlyMap<string, number>;
}

/** The slots of a service, who filled them, and what is missing for its base URL. */
export function describeCredentials({ baseUrl, wanted, held, people }: Describing): CredentialOverview {
  const origin = originOf(baseUrl);
  const here = held.filter(({ origins }) => origins.includes(origin));
  const slots = new Map(wanted.flatMap(({ security }) => security.flat()).map((slot) => [slot.scheme, slot]));
  return {
    slots: [...slots.values()].map((slot) => describeSlot(slot, people.get(slot.scheme) ?? 0)),
    credentials: held.map(({ slot, own, kind, origins, updatedAt }) => ({
      ...(slot === '' ? {} : { slot }),
      owner: own ? ('me' as const) : ('organization' as const),
      kind,
      origins: [...origins],
      updatedAt: updatedAt.toISOString(),
    })),
    wanted: wanted.map(({ security, operations }) => {
      const choice = chooseCredentials(security, here);
      const state = ({ credentials: 'ready', anonymous: 'anonymous', missing: 'missing' } as const)[choice.found];
      const missing = choice.found === 'missing' ? namesOf(choice.missing) : [];
      return { alternatives: namesOf(security), operations, state, missing };
    }),
  };
}

function namesOf(security: Security): string[][] {
  return security.map((slots) => slots.map(({ scheme }) => scheme));
}

function describeSlot({ scheme, scopes = [], flows = [], ...slot }: SecuritySlot, people: number) {
  const tokenUrl = flows.find((flow) => flow.tokenUrl !== undefined)?.tokenUrl;
  const authorizationUrl = flows.find((flow) => flow.authorizationUrl !== undefined)?.authorizationUrl;
  return {
    slot: scheme,
    ...slot,
    scopes: [...scopes],
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
    ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
    kinds: [...kindsFor({ scheme, ...slot })],
    people,
  };
}
