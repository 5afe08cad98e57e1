import type { OAuthClient } from './client.ts';
import type { ClientStatements } from './client-statement.ts';
import { isDocumentUrl, type MetadataDocuments } from './metadata-document.ts';
import { OAuthRefusal } from './oauth-refusal.ts';

interface ClientsOptions {
  readonly statements: ClientStatements;
  readonly documents: MetadataDocuments;
}

/** Finds clients by their ids, and lets them prove themselves. */
export interface Clients {
  /** The client of an id; throws `invalid_client`. */
  find(id: string): Promise<OAuthClient>;
  /** The id of the client that a request to the token endpoint comes from; throws `invalid_client` where it does not prove it. */
  authenticate(form: URLSearchParams, authorization: string | undefined): string;
}

/** Builds the clients. */
export function createClients({ statements, documents }: ClientsOptions): Clients {
  return {
    find: async (id) => {
      const client = isDocumentUrl(id) ? await documents.read(id) : statements.read(id);
      if (client === undefined) throw unknownClient();
      return client;
    },
    authenticate: (form, authorization) => {
      const { id, secret } = readCredentials(form, authorization);
      // A document's client has no secret; which document it is, the code or the refresh token says.
      if (isDocumentUrl(id) && secret === undefined) return id;
      const client = statements.read(id);
      if (client === undefined) throw unknownClient();
      const proven =
        client.authentication === 'none'
          ? secret === undefined
          : secret !== undefined && statements.isSecretOf(id, secret);
      if (!proven) throw unknownClient();
      return id;
    },
  };
}

interface Credentials {
  readonly id: string;
  readonly secret: string | undefined;
}

function readCredentials(form: URLSearchParams, authorization: string | undefined): Credentials {
  const id = form.get('client_id') ?? undefined;
  const secret = form.get('client_secret') ?? undefined;
  if (authorization === undefined) {
    if (id === undefined) throw unknownClient();
    return { id, secret };
  }
  const basic = readBasic(authorization);
  if (secret !== undefined || (id !== undefined && id !== basic.id)) {
    throw new OAuthRefusal('invalid_request', 'A client proves itself in one way, and as one client.');
  }
  return basic;
}

/** RFC 6749, section 2.3.1: both parts are form-encoded before they are joined. */
function readBasic(authorization: string): Credentials {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/]{1,8192}={0,2})$/iu.exec(authorization) ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 1) throw unknownClient();
  return { id: formDecoded(text.slice(0, at)), secret: formDecoded(text.slice(at + 1)) };
}

function formDecoded(text: string): string {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? '';
}

function unknownClient(): OAuthRefusal {
  return new OAuthRefusal(
    'invalid_client',
    'The client is not known here, or does not prove that it is the one it says.',
  );
}
