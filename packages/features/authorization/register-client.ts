import type { Clock, Secret } from '@devmesh/foundation';
import { readClientMetadata, type ClientMetadata } from './client-metadata.ts';
import type { ClientStatements } from './client-statement.ts';
import { OAuthRefusal } from './oauth-refusal.ts';

/** A client as its registration is answered; the secret exists in clear only here. */
export interface RegisteredClient extends ClientMetadata {
  readonly id: string;
  readonly issuedAtSeconds: number;
  /** Absent for a public client. */
  readonly secret: Secret | undefined;
}

interface RegisterOptions {
  readonly registration: 'open' | 'closed';
  readonly statements: ClientStatements;
  readonly clock: Clock;
}

/** Gives a client its id. Throws an OAuthRefusal for metadata that cannot be used, and where clients may not register. */
export function registerClient({ registration, statements, clock }: RegisterOptions, value: unknown): RegisteredClient {
  if (registration === 'closed') {
    throw new OAuthRefusal(
      'invalid_client_metadata',
      'Clients cannot register here; use a client id metadata document.',
    );
  }
  const metadata = readClientMetadata(value);
  const id = statements.issue(metadata, clock.now());
  if (id === undefined) throw new OAuthRefusal('invalid_client_metadata', 'The metadata are too long.');
  return {
    ...metadata,
    id,
    issuedAtSeconds: Math.floor(clock.now() / 1_000),
    secret: metadata.authentication === 'none' ? undefined : statements.secretOf(id),
  };
}
