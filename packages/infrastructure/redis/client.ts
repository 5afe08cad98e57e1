import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { parseRedisUrl, type RedisAddress, type RedisTarget } from './address.ts';

/** Milliseconds until a command that has no answer is given up. */
export const answerWithin = 1_500;

const slowestReconnect = 500;

/** What a connection is for. */
export interface ConnectionPurpose {
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  /** Milliseconds that one command may block on the server; 0 for a connection that never blocks. */
  readonly blocksFor?: number;
}

/** One server (found by its address or by sentinels), or all nodes of a cluster. */
export type RedisClient = Redis | Cluster;

/** Builds the client of an address, which connects in the background. */
export function createClient(address: RedisAddress, purpose: ConnectionPurpose): RedisClient {
  const target = parseRedisUrl(address.url);
  const common = commonOptions(address, target, purpose);
  if (target.kind === 'cluster') return new Cluster([...target.nodes], clusterOptions(common));
  if (target.kind === 'sentinel') return new Redis({ ...common, ...sentinelOptions(address, target) });
  return new Redis({ ...common, ...target.nodes[0] });
}

type CommonOptions = RedisOptions & { replyMapping: 'legacy' };

/**
 * Nothing is queued while the server is away, and nothing is sent twice behind the caller's back:
 * a command whose answer was lost fails, and its caller decides.
 */
function commonOptions(address: RedisAddress, target: RedisTarget, purpose: ConnectionPurpose): CommonOptions {
  return {
    connectionName: `devmesh-${purpose.name}`,
    disableClientInfo: true,
    username: target.username,
    password: target.password,
    db: target.database,
    ...(target.tls ? { tls: tlsOptions(address) } : {}),
    // The replies have the shapes that scripts see, on every version of the server.
    protocol: 2,
    replyMapping: 'legacy',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    retryStrategy: pauseBefore,
    // A server that was demoted answers READONLY: the next connection finds the one that took over.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    // A half-open socket looks connected forever: silence while an answer is due closes it.
    socketTimeout: (purpose.blocksFor ?? 0) + answerWithin,
  };
}

function pauseBefore(tries: number): number {
  return Math.min(25 * tries, slowestReconnect);
}

function tlsOptions({ tls }: RedisAddress): { ca?: string; cert?: string; key?: string } {
  return {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.certificate === undefined ? {} : { cert: tls.certificate.cert, key: tls.certificate.key.open() }),
  };
}

function sentinelOptions(address: RedisAddress, target: RedisTarget) {
  return {
    sentinels: [...target.nodes],
    name: target.master,
    sentinelUsername: address.sentinel?.username,
    sentinelPassword: address.sentinel?.password.open(),
    sentinelRetryStrategy: pauseBefore,
    sentinelCommandTimeout: 1_000,
    // The sentinels say at once that another server took over; without it a silent master would be waited for.
    failoverDetector: true,
    ...(target.tls ? { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(address) } : {}),
  };
}

/**
 * The client of a cluster repeats what was not executed (MOVED, ASK, TRYAGAIN) and nothing else. Its own queue holds
 * only what was sent while a node was being connected, which takes a second at most.
 */
function clusterOptions(common: CommonOptions) {
  const { retryStrategy: _own, enableOfflineQueue: _queue, ...redisOptions } = common;
  return {
    redisOptions,
    clusterRetryStrategy: pauseBefore,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 50,
    maxRedirections: 6,
    slotsRefreshTimeout: 1_000,
    // Names are resolved where a connection is made, so that certificates are checked against names.
    dnsLookup: (host: string, callback: (error: null, address: string) => void) => {
      callback(null, host);
    },
  };
}
