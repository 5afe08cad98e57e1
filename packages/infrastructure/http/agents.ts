import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Agent } from 'undici';
import type { AllowList, AllowLists } from './allow-list.ts';
import { createCheckedConnect, type Resolve } from './checked-connect.ts';
import type { ClientCertificate } from './guard.ts';
import { portOfUrl } from './outbound-url.ts';

/** Whose connections a request may go over. */
interface Traveller {
  readonly url: URL;
  readonly tenantId: string | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
}

/**
 * Pools of connections. What one organization may reach and others not, and what was opened under a certificate, is never
 * given to anybody else: a pooled connection is not checked again.
 */
export interface Agents {
  of(traveller: Traveller): Agent;
  /** Whether the operator named the host, for everybody or for this organization. */
  allows(url: URL, tenantId: string | undefined): boolean;
  destroy(): Promise<void>;
}

interface AgentsOptions {
  readonly lists: AllowLists;
  readonly resolve: Resolve;
}

const connectTimeoutMilliseconds = 10_000;
const mostOwnAgents = 500;
const unusedMilliseconds = 600_000;
/** Of all headers of an answer. */
const maxHeaderSize = 32 * 1024;

/** Builds the pools; those of certificates and organizations are closed when they are not used for a while. */
export function createAgents({ lists, resolve }: AgentsOptions): Agents {
  const open = (allowed: AllowList, clientCertificate?: ClientCertificate): Agent => {
    const connect = createCheckedConnect({ allowed, resolve, connectTimeoutMilliseconds, clientCertificate });
    return new Agent({ connect, maxHeaderSize });
  };
  const shared = open(lists.everybody);
  const own = new LRUCache<string, Agent>({
    max: mostOwnAgents,
    ttl: unusedMilliseconds,
    updateAgeOnGet: true,
    ttlAutopurge: true,
    // What is under way may end; an agent that was closed already rejects, which changes nothing.
    dispose: (agent) => void agent.close().catch(() => undefined),
  });
  const joined = (tenantId: string | undefined): AllowList => {
    const mine = lists.of(tenantId);
    return (hostname, port) => lists.everybody(hostname, port) || mine(hostname, port);
  };
  return {
    of: ({ url, tenantId, clientCertificate }) => {
      const opened = lists.of(tenantId)(url.hostname, portOfUrl(url));
      if (!opened && clientCertificate === undefined) return shared;
      const key = `${tenantId ?? ''} ${clientCertificate === undefined ? '' : digestOf(clientCertificate)}`;
      const known = own.get(key);
      if (known !== undefined) return known;
      const agent = open(joined(tenantId), clientCertificate);
      own.set(key, agent);
      return agent;
    },
    allows: (url, tenantId) => joined(tenantId)(url.hostname, portOfUrl(url)),
    destroy: async () => {
      const agents = [shared, ...own.values()];
      await Promise.all(agents.map((agent) => agent.destroy()));
      own.clear();
    },
  };
}

function digestOf({ certificate, key, authority }: ClientCertificate): string {
  const parts = JSON.stringify([certificate, key.open(), authority ?? '']);
  return createHash('sha256').update(parts).digest('base64');
}
