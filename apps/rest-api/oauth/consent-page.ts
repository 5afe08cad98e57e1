import type { Authorization } from '@devmesh/features';
import { html } from 'hono/html';
import { page } from './page.ts';

type Asked = Awaited<ReturnType<Authorization['ask']>>;
type Question = Exclude<Asked, { readonly refusal: unknown }>;
type Refused = Extract<Asked, { readonly refusal: unknown }>;

/** Asks a person whether a client may act in their name. */
export function consentPage(question: Question, who: { readonly name: string }): Promise<Response> {
  const { clientName, redirectHost, resource, scopes, formToken, redirectUri } = question;
  return page({
    title: 'Let a client use your tools?',
    leadsTo: redirectUri,
    body: html`<h1>May “${clientName}” use Developer Mesh in your name?</h1>
      <dl>
        <dt>You are</dt>
        <dd>${who.name}</dd>
        <dt>It calls itself</dt>
        <dd>${clientName}</dd>
        <dt>Described by</dt>
        <dd>${question.clientHost ?? 'nobody but itself'}</dd>
        <dt>It is answered at</dt>
        <dd>${redirectHost}</dd>
        <dt>It may use</dt>
        <dd>${resource}</dd>
      </dl>
      <p>It will be able to:</p>
      <ul>
        ${scopes.map((words) => html`<li>${words}</li>`)}
      </ul>
      ${warning(question)}
      <form method="post" action="/oauth/authorize" class="answers">
        <input type="hidden" name="form_token" value="${formToken}" />
        <button name="answer" value="allow">Allow</button>
        <button name="answer" value="deny">Deny</button>
      </form>
      <p>You can take it back at any time: <code>devmesh grants list</code>, <code>devmesh grants revoke</code>.</p>`,
  });
}

function warning({ onLoopback, clientHost, redirectHost }: Question) {
  if (onLoopback) {
    return html`<p class="warning">
      The answer goes to a program on this computer, and any program here can call itself that. Allow it only if you
      have just started it yourself.
    </p>`;
  }
  if (clientHost === redirectHost) return '';
  return html`<p class="warning">
    Allow it only if you trust <strong>${redirectHost}</strong>: whoever runs it acts as you.
  </p>`;
}

/** Says why a request cannot be granted, and offers the way back to the client; nobody is sent there without a click. */
export function refusedPage({ refusal, clientName, redirectHost, location }: Refused): Promise<Response> {
  return page({
    title: 'The client asked for what cannot be granted',
    status: 400,
    body: html`<h1>“${clientName}” asked for what cannot be granted</h1>
      <p>${refusal.message}</p>
      <p><a href="${location}" rel="noreferrer">Go back to ${redirectHost}</a></p>`,
  });
}

/** Says what is wrong to the person alone: whom the request comes from is not known, so nobody is told. */
export function brokenRequestPage(sentence: string, status = 400): Promise<Response> {
  return page({
    title: 'This request cannot be answered',
    status,
    body: html`<h1>This request cannot be answered</h1>
      <p>${sentence}</p>
      <p>Start again from the client. If you did not start anything yourself, close this page.</p>`,
  });
}
