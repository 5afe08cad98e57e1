import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { IssuedKey } from './keys.ts';
import type { ToolList } from './principal.ts';
import type { Identity } from './service.ts';
import type { KeyRow } from './store-keys.ts';

/** The routes of API keys. */
export function keyRoutes({ identity }: { readonly identity: Identity }): readonly Route[] {
  return [
    route(operations.identity.createKey, async ({ principal, body, remember }) =>
      presentIssued(await identity.createKey(principal, body, (tx, issued) => remember(tx, presentIssued(issued)))),
    ),
    route(operations.identity.listKeys, async ({ principal, query }) => {
      const page = await identity.listKeys(principal, query);
      return { ...page, items: page.items.map(presentKey) };
    }),
    route(operations.identity.revokeKey, async ({ principal, params }) =>
      presentKey(await identity.revokeKey(principal, params.keyId)),
    ),
    route(operations.identity.rotateKey, async ({ principal, params, body, remember }) =>
      presentIssued(
        await identity.rotateKey(principal, { ...params, ...body, own: false }, (tx, issued) =>
          remember(tx, presentIssued(issued)),
        ),
      ),
    ),
    ...ownKeyRoutes(identity),
  ];
}

function ownKeyRoutes(identity: Identity): readonly Route[] {
  return [
    route(operations.identity.listOwnKeys, async ({ principal, query }) => {
      const page = await identity.listOwnKeys(principal, query);
      return { ...page, items: page.items.map(presentKey) };
    }),
    route(operations.identity.createOwnKey, async ({ principal, body, remember }) =>
      presentIssued(
        await identity.createOwnKey(principal, { ...body, type: 'user' }, (tx, issued) =>
          remember(tx, presentIssued(issued)),
        ),
      ),
    ),
    route(operations.identity.rotateOwnKey, async ({ principal, params, body, remember }) =>
      presentIssued(
        await identity.rotateKey(principal, { ...params, ...body, own: true }, (tx, issued) =>
          remember(tx, presentIssued(issued)),
        ),
      ),
    ),
    route(operations.identity.revokeOwnKey, async ({ principal, params }) =>
      presentKey(await identity.revokeKey(principal, params.keyId, { own: true })),
    ),
  ];
}

/** A new key as it is answered, this once with its token. */
export function presentIssued(issued: IssuedKey): ResponseOf<typeof operations.identity.createKey> {
  return { key: presentKey(issued.key), token: issued.token.open() };
}

/** The tools that somebody is confined to, as they are answered. */
export function presentTools({ allow, deny }: ToolList): { allow?: string[]; deny?: string[] } {
  return { ...(allow === undefined ? {} : { allow: [...allow] }), ...(deny.length === 0 ? {} : { deny: [...deny] }) };
}

function presentKey(row: KeyRow): ResponseOf<typeof operations.identity.revokeKey> {
  const { toolsAllow, toolsDeny } = row;
  const confined = toolsAllow !== null || toolsDeny.length > 0;
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.createdAt.toISOString(),
    ...(confined ? { tools: presentTools({ allow: toolsAllow ?? undefined, deny: toolsDeny }) } : {}),
    ...given('agentId', row.agentId),
    ...given('userId', row.userId),
    ...given('rotatedFrom', row.rotatedFrom),
    ...given('expiresAt', row.expiresAt?.toISOString()),
    ...given('revokedAt', row.revokedAt?.toISOString()),
    ...given('lastUsedAt', row.lastUsedAt?.toISOString()),
  };
}

/** A member, where there is a value. */
function given<Name extends string>(name: Name, value: string | null | undefined): { readonly [Key in Name]?: string } {
  return (value === null || value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string };
}
