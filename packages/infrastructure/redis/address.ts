import { MeshError, type Logger, type Secret } from '@devmesh/foundation';

/** The certificates of a TLS connection, as PEM text. */
export interface RedisTls {
  /** Trusted instead of the authorities that Node knows. */
  readonly ca?: string | undefined;
  /** Shown to a server that asks its clients for one. */
  readonly certificate?: { readonly cert: string; readonly key: Secret } | undefined;
}

/** How to reach Redis. */
export interface RedisAddress {
  /** In one of the forms of `parseRedisUrl`; may hold a password, so it is never logged. */
  readonly url: string;
  readonly log: Logger;
  readonly tls?: RedisTls | undefined;
  /** What the sentinels themselves ask for. */
  readonly sentinel?: { readonly username?: string | undefined; readonly password: Secret } | undefined;
}

/** One server. */
interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** What a Redis URL says. */
export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The server, or the sentinels or cluster nodes to ask first. */
  readonly nodes: readonly RedisNode[];
  /** The sentinels' name of the master. */
  readonly master: string | undefined;
  readonly database: number;
}

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:(.*)@)?([^/?#@]*)(?:\/([^?#]*))?$/u;

/**
 * Reads `redis://user:password@host:port/database`, `redis+sentinel://user:password@host:port,host:port/master/database`
 * and `redis+cluster://user:password@host:port,host:port`; `rediss` stands for TLS. User and password are percent-encoded.
 * Throws `invalid_config` with a sentence that quotes no part of the URL.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const [, scheme, variant, credentials, hosts = '', path = ''] = form.exec(url) ?? [];
  if (scheme === undefined) {
    throw refused(
      'must start with redis://, redis+sentinel:// or redis+cluster:// (rediss for TLS) and have no ? or #',
    );
  }
  const kind = variant === undefined ? 'single' : (variant as 'sentinel' | 'cluster');
  const nodes = hosts.split(',').map((host) => readNode(host, kind === 'sentinel' ? 26_379 : 6_379));
  if (kind === 'single' && nodes.length > 1) {
    throw refused('names several hosts: use redis+sentinel:// or redis+cluster://');
  }
  return { kind, tls: scheme === 'rediss', nodes, ...readCredentials(credentials), ...readPath(kind, path) };
}

function readNode(text: string, usual: number): RedisNode {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? usual : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    throw refused('names a host that is not host:port');
  }
  return { host, port: number };
}

function readCredentials(text: string | undefined): Pick<RedisTarget, 'username' | 'password'> {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  const password = colon < 0 ? '' : decoded(text.slice(colon + 1));
  if (password === '') throw refused('names a user without a password');
  const username = decoded(text.slice(0, colon));
  return { username: username === '' ? undefined : username, password };
}

function readPath(kind: RedisTarget['kind'], path: string): Pick<RedisTarget, 'master' | 'database'> {
  const parts = path === '' ? [] : path.split('/');
  const master = kind === 'sentinel' ? decoded(parts.shift() ?? '') : undefined;
  if (master === '') throw refused('must end with the name of the master: redis+sentinel://host:port,host:port/name');
  const [database = '0', ...more] = parts;
  if (more.length > 0 || !/^\d{1,4}$/u.test(database)) throw refused('has a path that is not the number of a database');
  if (kind === 'cluster' && database !== '0') throw refused('names a database, and a cluster has only one');
  return { master, database: Number(database) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('has a % that does not stand before two hexadecimal digits');
  }
}

function refused(problem: string): MeshError {
  return new MeshError('invalid_config', `The Redis URL ${problem}.`);
}
