import ipaddr from 'ipaddr.js';

/** Public by number, yet answered by the cloud's own host (Azure's wire server hands out machine credentials). */
const platformAddresses: ReadonlySet<string> = new Set(['168.63.129.16']);

/** The only IPv6 block that IANA has opened for the public internet; everything outside it is special or unassigned. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Why an IP address must not be connected to, or undefined for a public one. Addresses that wrap an IPv4 address
 * (mapped, NAT64, 6to4, Teredo) count as special whatever they wrap, and what is not an IP address is refused.
 */
export function addressRefusal(address: string): string | undefined {
  // A zone (%eth0) picks a network interface, which only link-local addresses need.
  if (!ipaddr.isValid(address) || address.includes('%')) return 'not an IP address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return range;
  if (parsed instanceof ipaddr.IPv6) return parsed.match(globalUnicast) ? undefined : 'unassigned';
  return platformAddresses.has(parsed.toString()) ? 'cloud platform' : undefined;
}

/** The IP address that a URL's hostname spells out (brackets taken off), or undefined where it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
  return ipaddr.isValid(bare) ? bare : undefined;
}
