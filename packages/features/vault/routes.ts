import { operations } from '@devmesh/api';
import { route, type Call, type Route } from '../routing.ts';
import type { Actor } from '../audit/index.ts';
import type { VaultKeys } from './keys.ts';

interface VaultRoutesOptions {
  readonly vaultKeys: VaultKeys;
  readonly actorOf: (principal: Call<typeof operations.vault.rotate>['principal']) => Actor;
}

/** The routes of the vault. */
export function vaultRoutes({ vaultKeys, actorOf }: VaultRoutesOptions): readonly Route[] {
  return [
    route(operations.vault.status, async ({ principal }) => {
      const { keys, masterKeys } = await vaultKeys.status(principal.tenantId);
      return {
        masterKeys: [...masterKeys],
        keys: keys.map(({ createdAt, unusedSince, wrappedBy, ...key }) => ({
          ...key,
          createdAt: createdAt.toISOString(),
          ...(wrappedBy === undefined ? {} : { wrappedBy }),
          ...(unusedSince === undefined ? {} : { unusedSince: unusedSince.toISOString() }),
        })),
      };
    }),
    route(operations.vault.rotate, ({ principal }) => vaultKeys.rotate(principal.tenantId, actorOf(principal))),
  ];
}
