import type { UpstreamAuthorization } from '@devmesh/api';
import { MeshError, systemClock, type Secret } from '@devmesh/foundation';
import type { UpstreamToken } from '../../connections/index.ts';
import type { Principal } from '../../identity/index.ts';
import type { ToolsOptions } from '../options.ts';
import type { CallableRow } from '../store.ts';
import { authorize, joinAuthorizations } from './authorize.ts';
import { chooseCredentials, type ChosenCredential } from './choose-credentials.ts';
import { anonymous, bearer, inHeader, type Authorization } from './credential.ts';
import { openGrant } from './grant-credential.ts';
import { credentialMissing } from './missing.ts';
import { originOf } from './origin.ts';
import { openCredential } from './sealed-credential.ts';
import { selectCredentials, type HeldCredential } from './store-credentials.ts';

/** What a call is sent under. */
export interface CallAuthorization {
  readonly authorization: Authorization;
  /** The person's own credential was used, not a stored one. */
  readonly passThrough: boolean;
  /** Another token in place of a refused one; undefined where there is none. Absent where nothing can be renewed. */
  readonly renew?: () => Promise<CallAuthorization | undefined>;
}

interface Authorizing {
  readonly principal: Principal;
  readonly row: Pick<CallableRow, 'toolId' | 'name' | 'service' | 'baseUrl' | 'serverUrl' | 'security'> &
    Partial<Pick<CallableRow, 'credentialed'>>;
  /** What the caller handed over for services by name. */
  readonly handedOver: readonly UpstreamAuthorization[];
}

type AuthorizerOptions = Pick<ToolsOptions, 'database' | 'vault' | 'connections' | 'settings' | 'clock'>;

/**
 * What a call of a service adds to its request: the credential that the caller handed over, else stored ones, the person's own
 * before the organization's; each goes to the origins that it was set for and to no other. Throws `credential_missing` where a
 * slot stays empty, `consent_required` where a person must consent first, `forbidden` where the organization does not
 * allow what the caller handed over.
 */
export async function authorizeCall(options: AuthorizerOptions, call: Authorizing): Promise<CallAuthorization> {
  const { row, principal } = call;
  const given = call.handedOver.find(({ service }) => service === row.service);
  if (given !== undefined) return passedThrough(options, call, given);
  // Nothing is stored and nothing is needed: then there is nothing to read.
  if (row.credentialed === false && chooseCredentials(row.security, []).found === 'anonymous') return joined([]);
  const opened = await options.database.tenant(principal.tenantId, async (tx) => {
    const held = await selectCredentials(tx, row.toolId, principal.userId);
    const origin = originOf(row.serverUrl ?? row.baseUrl);
    const here = held.filter(({ origins }) => origins.includes(origin));
    const choice = chooseCredentials(row.security, here);
    if (choice.found === 'missing') throw credentialMissing(row, { missing: choice.missing, held, origin });
    if (choice.found === 'anonymous') return [];
    const opening = { tenantId: principal.tenantId, toolId: row.toolId };
    return openAll(choice.chosen, (one) => openCredential(tx, options.vault, { ...opening, held: one }));
  });
  const parts: Part[] = [];
  for (const one of opened) parts.push(await partOf(options, call, one));
  return joined(parts);
}

interface Opened extends ChosenCredential<HeldCredential> {
  readonly secret: Secret;
}

async function openAll(
  chosen: readonly ChosenCredential<HeldCredential>[],
  open: (held: HeldCredential) => Promise<Secret>,
): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (const one of chosen) opened.push({ ...one, secret: await open(one.credential) });
  return opened;
}

/** What one slot adds. */
interface Part {
  readonly authorization: Authorization;
  readonly renew?: () => Promise<Part | undefined>;
}

function joined(parts: readonly Part[]): CallAuthorization {
  const authorization = joinAuthorizations(parts.map((part) => part.authorization));
  if (parts.every(({ renew }) => renew === undefined)) return { authorization, passThrough: false };
  const renew = async (): Promise<CallAuthorization | undefined> => {
    const renewed = await Promise.all(parts.map(async (part) => part.renew?.()));
    if (renewed.every((part) => part === undefined)) return undefined;
    return joined(parts.map((part, index) => renewed[index] ?? part));
  };
  return { authorization, passThrough: false, renew };
}

async function partOf(
  { connections, clock = systemClock }: AuthorizerOptions,
  { principal: { tenantId, userId }, row }: Authorizing,
  { credential, slot, secret }: Opened,
): Promise<Part> {
  const { kind, providerId, mode } = credential;
  if (kind === 'oauth2') {
    if (providerId === null || mode === null) throw new MeshError('internal', 'A credential names no provider.');
    const baseUrl = row.serverUrl ?? row.baseUrl;
    return underToken(await connections.connectionToken({ tenantId, userId, providerId, mode, baseUrl }));
  }
  if (kind === 'clientCredentials' || kind === 'jwtBearer') {
    const key = { toolId: row.toolId, slot: credential.slot, holder: credential.userId ?? '' };
    return underToken(await connections.machineToken({ tenantId, ...key, grant: openGrant(secret) }));
  }
  return { authorization: authorize({ place: credential, secret, declared: slot, now: () => clock.now() }) };
}

function underToken(token: UpstreamToken): Part {
  return {
    authorization: bearer(token.token.open()),
    renew: async () => {
      const next = await token.renew();
      return next === undefined ? undefined : underToken(next);
    },
  };
}

async function passedThrough(
  { settings }: AuthorizerOptions,
  { principal, row }: Authorizing,
  { scheme, token }: UpstreamAuthorization,
): Promise<CallAuthorization> {
  if (!(await settings(principal.tenantId)).passThrough) {
    throw new MeshError(
      'forbidden',
      'This organization does not allow credentials to be passed through; its setting passThrough says so.',
    );
  }
  return { authorization: isStranger(row) ? anonymous : inHeader(scheme, token), passThrough: true };
}

/** Whether a call goes to another origin than the service's base URL: what a person hands over for the service stays behind. */
function isStranger({ serverUrl, baseUrl }: Pick<CallableRow, 'serverUrl' | 'baseUrl'>): boolean {
  return serverUrl !== null && originOf(serverUrl) !== originOf(baseUrl);
}
