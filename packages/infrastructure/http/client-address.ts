import { MeshError } from '@devmesh/foundation';
import ipaddr from 'ipaddr.js';

/** The address that a request comes from, as far as it can be believed; undefined for one that came over no connection. */
export type ClientAddress = (request: Request) => string | undefined;

interface ClientAddressOptions {
  /** Addresses or networks of proxies, each of which adds to X-Forwarded-For whom it serves. */
  readonly trustedProxies: readonly string[];
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

const remoteAddresses = new WeakMap<Request, string>();
const mostHops = 20;

/** Notes the address of the connection that a request came over. */
export function noteConnection(request: Request, remoteAddress: string | undefined): void {
  if (remoteAddress !== undefined) remoteAddresses.set(request, remoteAddress);
}

/**
 * Builds the reader of client addresses: that of the connection, or, behind trusted proxies only, the last address of
 * X-Forwarded-For that is not one of them. What a client writes into that header itself stands further left and never counts.
 */
export function createClientAddress({ trustedProxies }: ClientAddressOptions): ClientAddress {
  const networks = trustedProxies.map(parseNetwork);
  const isTrusted = (address: Address): boolean => networks.some((network) => contains(network, address));
  return (request) => {
    const connection = parseAddress(remoteAddresses.get(request) ?? '');
    if (connection === undefined) return undefined;
    const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').slice(-mostHops).toReversed();
    let address = connection;
    for (const hop of hops) {
      const next = isTrusted(address) ? parseAddress(hop.trim()) : undefined;
      if (next === undefined) break;
      address = next;
    }
    return address.toString();
  };
}

/** What one client can hold many of counts as one: the /64 of an IPv6 address. */
export function blockOf(address: string): string {
  const parsed = parseAddress(address);
  if (!(parsed instanceof ipaddr.IPv6)) return address;
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}

function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/%.*$/u, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

function parseNetwork(text: string): Network {
  const [address = '', prefix] = text.split('/');
  const parsed = parseAddress(address);
  const bits = parsed instanceof ipaddr.IPv4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (parsed === undefined || !Number.isInteger(length) || length < 1 || length > bits || prefix === '') {
    throw new MeshError('invalid_config', 'TRUSTED_PROXIES has an entry that is neither an address nor a network.');
  }
  return [parsed, length];
}

function contains([network, length]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, length);
}
