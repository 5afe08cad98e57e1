import { scopesOfRole, type Role, type Scope } from '@devmesh/api';
import type { Clock, NewId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { codeSeconds, hashCode, newCode } from './authorization-code.ts';
import { answerTo, readAsker, readRequest, type Asker, type AuthorizationRequest } from './authorization-request.ts';
import { keyOfClient } from './client.ts';
import type { Clients } from './clients.ts';
import type { ConsentForms, Question } from './consent-forms.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { hostOfRedirect, isLoopbackRedirect } from './redirect-uri.ts';
import { grantable, inWords } from './scope-words.ts';
import { insertCode, upsertGrant } from './store.ts';

interface ConsentOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly clients: Clients;
  readonly forms: ConsentForms;
  readonly issuer: () => string;
  readonly resources: () => readonly string[];
}

/** A person in a browser that is signed in to the console. */
export interface Person {
  readonly tenantId: string;
  readonly userId: string;
  readonly signInId: string;
  readonly role: Role;
}

/** What a consent page shows, and the token that its form sends back. */
export interface ConsentQuestion {
  readonly clientName: string;
  /** The host whose document describes the client; undefined where nobody vouches for what it says of itself. */
  readonly clientHost: string | undefined;
  readonly redirectHost: string;
  /** Where the answer goes, for the page's policy. */
  readonly redirectUri: string;
  /** Any program on the person's machine can listen there. */
  readonly onLoopback: boolean;
  readonly resource: string;
  /** What is granted, in words. */
  readonly scopes: readonly string[];
  readonly formToken: string;
}

/** A request that cannot be granted; the person may go back to the client, which is then told why. */
export interface RefusedRequest {
  readonly refusal: OAuthRefusal;
  readonly clientName: string;
  readonly redirectHost: string;
  readonly location: string;
}

/** What to ask a person whom a client sent here. Throws an OAuthRefusal that no client may be told. */
export async function askConsent(
  options: ConsentOptions,
  person: Person,
  parameters: URLSearchParams,
): Promise<ConsentQuestion | RefusedRequest> {
  const asker = await readAsker(options.clients, parameters);
  try {
    return await ask(options, person, readRequest(asker, parameters, options.resources()));
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error;
    const { code, message } = error;
    const location = answerTo(asker, options.issuer(), { error: code, error_description: message });
    return { refusal: error, clientName: asker.client.name, redirectHost: hostOfRedirect(asker.redirectUri), location };
  }
}

async function ask(options: ConsentOptions, person: Person, request: AuthorizationRequest): Promise<ConsentQuestion> {
  const { client, redirectUri, state, resource, codeChallenge } = request;
  const scopes = grantable(request.scope, scopesOfRole[person.role]);
  if (scopes.length === 0)
    throw new OAuthRefusal('invalid_scope', 'None of these scopes can be granted to this person.');
  const about: Question = { clientId: client.id, redirectUri, state, resource, scopes: [...scopes], codeChallenge };
  return {
    clientName: client.name,
    clientHost: client.source === 'document' ? new URL(client.id).host : undefined,
    redirectHost: hostOfRedirect(redirectUri),
    redirectUri,
    onLoopback: isLoopbackRedirect(redirectUri),
    resource,
    scopes: inWords(scopes),
    formToken: await options.forms.ask(person, about),
  };
}

/** A person's answer, as the form sends it. */
export interface ConsentAnswer {
  readonly formToken: string;
  readonly allowed: boolean;
}

/** Takes the answer of a person and returns the address that the browser goes on to. Throws an OAuthRefusal for a form that was not asked. */
export async function answerConsent(options: ConsentOptions, person: Person, answer: ConsentAnswer): Promise<string> {
  const question = await options.forms.take(person, answer.formToken);
  if (question === undefined) {
    throw new OAuthRefusal('invalid_request', 'This form was answered before, is too old, or is not yours.');
  }
  const client = await options.clients.find(question.clientId);
  const asker: Asker = { client, redirectUri: question.redirectUri, state: question.state };
  const code = answer.allowed
    ? await grant(options, person, { asker, question })
    : await deny(options, person, { asker, question });
  const said = code === undefined ? { error: 'access_denied', error_description: 'The person said no.' } : { code };
  return answerTo(asker, options.issuer(), said);
}

interface Answered {
  readonly asker: Asker;
  readonly question: Question;
}

async function grant(options: ConsentOptions, person: Person, { asker, question }: Answered): Promise<string> {
  const { clock, newId, audit } = options;
  const { client, redirectUri } = asker;
  const { resource, codeChallenge } = question;
  // The role may have changed since the page was shown.
  const scopes = grantable(question.scopes.join(' '), scopesOfRole[person.role]);
  const code = newCode(person.tenantId);
  await options.database.tenant(person.tenantId, async (tx) => {
    const row = await upsertGrant(tx, {
      id: newId(),
      userId: person.userId,
      client: keyOfClient(client.id),
      clientName: client.name,
      clientUrl: client.source === 'document' ? client.id : null,
      redirectHost: hostOfRedirect(redirectUri),
      resource,
      scopes,
      now: new Date(clock.now()),
    });
    const expiresAt = new Date(clock.now() + codeSeconds * 1_000);
    const stored = { hash: hashCode(code.open()), grantId: row.id, scopes, redirectUri, codeChallenge, expiresAt };
    await insertCode(tx, stored, new Date(clock.now() - forgottenSeconds * 1_000));
    await record(audit, tx, person, { subject: row.id, outcome: 'allowed', asker, resource, scopes });
  });
  return code.open();
}

/** How long a used code is remembered. */
const forgottenSeconds = 86_400;

async function deny(options: ConsentOptions, person: Person, { asker, question }: Answered): Promise<undefined> {
  const subject = keyOfClient(asker.client.id);
  const { resource } = question;
  await options.database.tenant(person.tenantId, (tx) =>
    record(options.audit, tx, person, { subject, outcome: 'denied', asker, resource, scopes: [] }),
  );
  return undefined;
}

interface Recorded {
  readonly subject: string;
  readonly outcome: 'allowed' | 'denied';
  readonly asker: Asker;
  readonly resource: string;
  readonly scopes: readonly Scope[];
}

function record(audit: Audit, tx: Tx, { userId }: Person, { subject, outcome, asker, resource, scopes }: Recorded) {
  const { client, redirectUri } = asker;
  return audit.record(tx, {
    actor: { name: `user:${userId}`, userId, agentId: undefined },
    action: 'authorization.consent',
    subject,
    outcome,
    detail: {
      client: keyOfClient(client.id),
      clientName: client.name,
      redirectHost: hostOfRedirect(redirectUri),
      resource,
      scopes: [...scopes],
    },
  });
}
