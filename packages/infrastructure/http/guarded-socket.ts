import type { Agents } from './agents.ts';
import { checkedLookup, createLookup, targetRefusal, tlsIdentity, type Resolve } from './checked-connect.ts';
import type { Outbound } from './guard.ts';
import { parseOutboundUrl, portOfUrl } from './outbound-url.ts';

interface GuardedSocketOptions {
  readonly agents: Pick<Agents, 'allows'>;
  readonly resolve: Resolve;
}

/** Options for sockets of other protocols, under the checks of the guarded fetch. */
export function createGuardedSocket({ agents, resolve }: GuardedSocketOptions): Outbound['socket'] {
  const open = createLookup(resolve, () => true);
  const checked = checkedLookup(resolve);
  return (text, identity = {}) => {
    const url = parseOutboundUrl(text.replace(/^ws(?=s?:)/iu, 'http'));
    const tls = tlsIdentity(identity.clientCertificate);
    if (agents.allows(url, identity.tenantId)) return { lookup: open, ...tls };
    const refusal = targetRefusal(url.hostname, portOfUrl(url));
    if (refusal !== undefined) throw refusal;
    return { lookup: checked, ...tls };
  };
}
