import { hash } from 'node:crypto';
import { canonicalJson } from '@devmesh/foundation';
import type { UpstreamAddress } from './address.ts';
import type { UpstreamCredentials } from './authorized-fetch.ts';

/** A server as one caller reaches it. */
export interface UpstreamTarget {
  readonly tenantId: string;
  readonly toolId: string;
  /** The name of the service, for people. */
  readonly service: string;
  readonly address: UpstreamAddress;
  readonly credentials: UpstreamCredentials;
  /** The same for everybody who may share a connection: the same server, as it is set up now, under the same credential. */
  readonly key: string;
}

interface KeyParts {
  readonly tenantId: string;
  readonly toolId: string;
  readonly address: UpstreamAddress;
  /** Whose credential it is: the organization's, a person's, or one that was handed over. */
  readonly owner: string;
  /** Changes when a stored credential does. */
  readonly credentialVersion: string | null;
}

/** Who may share a connection. */
export function targetKey({ tenantId, toolId, address, owner, credentialVersion }: KeyParts): string {
  const setUp = hash('sha256', canonicalJson([address, owner, credentialVersion]), 'base64url');
  return `${tenantId} ${toolId} ${setUp}`;
}
