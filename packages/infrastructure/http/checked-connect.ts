import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIPv6 } from 'node:net';
import { callbackify } from 'node:util';
import { MeshError } from '@devmesh/foundation';
import { buildConnector } from 'undici';
import { addressRefusal, literalAddress } from './address.ts';
import type { AllowList } from './allow-list.ts';
import { isBlockedPort } from './blocked-port.ts';
import type { ClientCertificate } from './guard.ts';

/** Turns a host name into IP addresses. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** The machine's own resolver (hosts file and DNS), in the order it gives. */
export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true, order: 'verbatim' })).map((entry) => entry.address);

interface CheckedConnectOptions {
  readonly allowed: AllowList;
  readonly resolve: Resolve;
  readonly connectTimeoutMilliseconds: number;
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** Opens sockets for undici: a name is resolved once, its addresses are checked, and only those are connected to. */
export function createCheckedConnect(options: CheckedConnectOptions): buildConnector.connector {
  const timeout = options.connectTimeoutMilliseconds;
  const identity = tlsIdentity(options.clientCertificate);
  const open = buildConnector({ timeout, ...identity, lookup: createLookup(options.resolve, () => true) });
  const checked = buildConnector({ timeout, ...identity, lookup: checkedLookup(options.resolve) });
  return (target, callback) => {
    if (options.allowed(target.hostname, portOf(target))) {
      open(target, callback);
      return;
    }
    const refusal = targetRefusal(target.hostname, portOf(target));
    if (refusal === undefined) checked(target, callback);
    else callback(refusal, null);
  };
}

/** The options of `node:tls` that show a certificate. */
export function tlsIdentity(certificate: ClientCertificate | undefined): { cert?: string; key?: string; ca?: string } {
  if (certificate === undefined) return {};
  const { authority } = certificate;
  return {
    cert: certificate.certificate,
    key: certificate.key.open(),
    ...(authority === undefined ? {} : { ca: authority }),
  };
}

/** Why a host and port must not be connected to, as far as they tell by themselves. */
export function targetRefusal(hostname: string, port: number): MeshError | undefined {
  const literal = literalAddress(hostname);
  if (literal !== undefined && addressRefusal(literal) !== undefined) return addressRefused(hostname);
  if (!isBlockedPort(port)) return undefined;
  return new MeshError('address_refused', `Port ${String(port)} of ${hostname} belongs to another protocol than HTTP.`);
}

function addressRefused(hostname: string): MeshError {
  return new MeshError('address_refused', `${hostname} is not a public address.`);
}

/** A `lookup` that gives only public addresses. */
export function checkedLookup(resolve: Resolve): LookupFunction {
  return createLookup(resolve, (address) => addressRefusal(address) === undefined);
}

/** A `lookup` for sockets that gives only the addresses that pass, and fails with `address_refused` when none does. */
export function createLookup(resolve: Resolve, passes: (address: string) => boolean): LookupFunction {
  const addressesOf = callbackify((hostname: string) => resolvePassing(resolve, hostname, passes));
  return (hostname, options, callback) => {
    addressesOf(hostname, (error, addresses) => {
      if (error !== null) callback(error, []);
      else if (options.all === true) callback(null, [...addresses]);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

async function resolvePassing(
  resolve: Resolve,
  hostname: string,
  passes: (address: string) => boolean,
): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
  const addresses = await resolve(hostname);
  const [first, ...rest] = addresses.filter(passes).map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  if (first !== undefined) return [first, ...rest];
  if (addresses.length > 0) throw addressRefused(hostname);
  throw new MeshError('upstream_unreachable', `${hostname} has no address.`);
}

function portOf(target: buildConnector.Options): number {
  if (target.port !== '') return Number(target.port);
  return target.protocol === 'https:' ? 443 : 80;
}
