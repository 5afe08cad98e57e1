import type { Clock } from '@devmesh/foundation';
import { Hono, type Context } from 'hono';
import { readValid } from '../json-body.ts';
import { problem } from '../problem.ts';
import { apiAnswer } from './api.ts';
import { createAuthorizationServer, type AuthorizationServer } from './authorization-server.ts';
import { authorizeAnswer } from './authorize.ts';
import { flavours } from './flavour.ts';
import { clientSchema, settingsSchema } from './settings.ts';
import { accountAnswer, installationAnswer, revokeAnswer } from './side-endpoints.ts';
import { tokenAnswer } from './token.ts';

/** The imitated authorization servers, by flavour; each test may name servers of its own: `github`, `github~2` ... */
export interface AuthorizationServers {
  of(name: string): AuthorizationServer;
  clear(): void;
}

/** Makes servers as they are asked for. */
export function createAuthorizationServers(clock: Clock): AuthorizationServers {
  const servers = new Map<string, AuthorizationServer>();
  return {
    of: (name) => {
      const flavour = flavours[name.split('~')[0] ?? ''];
      if (flavour === undefined) throw problem(404, `No authorization server is called ${name}.`);
      const server = servers.get(name) ?? createAuthorizationServer({ clock, flavour });
      servers.set(name, server);
      return server;
    },
    clear: () => {
      servers.clear();
    },
  };
}

/** Every server under `/{name}`: its endpoints, its metadata, and an API that takes its tokens. */
export function oauthRoutes(servers: AuthorizationServers, clock: Clock): Hono {
  const app = new Hono();
  app.all('/:name/*', async (c) => {
    const name = c.req.param('name');
    const server = servers.of(name);
    const base = new URL(c.req.url).origin + `/oauth/${name}`;
    return answer(c, { server, base, clock, path: c.req.path.slice(c.req.path.indexOf(`/${name}`) + name.length + 1) });
  });
  return app;
}

/** One request to one server. */
export interface Asked {
  readonly server: AuthorizationServer;
  /** The server's own address, which is its issuer. */
  readonly base: string;
  /** Below it. */
  readonly path: string;
  readonly clock: Clock;
}

function answer(c: Context, asked: Asked): Promise<Response> | Response {
  const { path, server } = asked;
  const { paths } = server.flavour;
  if (path === paths.authorize) return authorizeAnswer(c, asked);
  if (path === paths.token) return tokenAnswer(c, asked);
  if (path === paths.account) return accountAnswer(c, asked);
  if (/^\/app\/installations\/\d+\/access_tokens$/u.test(path)) return installationAnswer(c, asked);
  if (matches(paths.revoke, path)) return revokeAnswer(c, asked);
  if (path.startsWith('/api/')) return apiAnswer(c, asked);
  throw problem(404, `Nothing answers ${path} here.`);
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(/:\w+/gu, '[^/]+')}$`, 'u').test(path);
}

/** The metadata of RFC 8414, which lie beside the servers, not below them. */
export function metadataRoutes(servers: AuthorizationServers): Hono {
  const app = new Hono();
  app.get('/oauth-authorization-server/oauth/:name', (c) => {
    const name = c.req.param('name');
    const server = servers.of(name);
    const { paths, revocation } = server.flavour;
    const { namedIssuer } = server.settings();
    const issuer = `${new URL(c.req.url).origin}/oauth/${name}`;
    return c.json({
      issuer: namedIssuer === '' ? issuer : namedIssuer,
      authorization_endpoint: issuer + paths.authorize,
      token_endpoint: issuer + paths.token,
      ...(revocation === 'rfc7009' ? { revocation_endpoint: issuer + paths.revoke } : {}),
      userinfo_endpoint: issuer + paths.account,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  });
  return app;
}

/** What tests use to prepare a server and to see what happened at it. */
export function oauthControlRoutes(servers: AuthorizationServers): Hono {
  const app = new Hono();
  app.get('/:name', (c) => {
    const { counts, living } = servers.of(c.req.param('name'));
    return c.json({ ...counts, living: living() });
  });
  app.patch('/:name', async (c) => {
    servers.of(c.req.param('name')).configure(await readValid(c, settingsSchema));
    return c.body(null, 204);
  });
  app.post('/:name/clients', async (c) => {
    servers.of(c.req.param('name')).register(await readValid(c, clientSchema));
    return c.body(null, 204);
  });
  app.delete('/:name/access-tokens', (c) => {
    servers.of(c.req.param('name')).endAccess();
    return c.body(null, 204);
  });
  app.delete('/:name/consents/:account', (c) => {
    servers.of(c.req.param('name')).withdraw(c.req.param('account'));
    return c.body(null, 204);
  });
  return app;
}
