import { toMeshError } from '@devmesh/foundation';
import { page, text, type Html } from './page.ts';
import { callbackPath, type FinishedConsent } from './consent.ts';
import type { PendingConsent } from './consent-state.ts';
import type { UnprovenConsent } from './returned-browser.ts';

/** The page of a consent that led to a connection. */
export function connectedPage({ provider, mode, account }: FinishedConsent): Response {
  const whose = account === undefined ? '' : ` as ${account}`;
  const use = mode === 'user' ? 'It serves your own calls only.' : 'It serves the calls of the whole organization.';
  const said = `${provider} is connected${whose}. ${use} You can close this window.`;
  return page({ title: 'Connected', body: text`<p>${said}</p>` });
}

/** The page of one that did not. */
export function notConnectedPage(error: unknown): Response {
  const { message, code } = toMeshError(error);
  const said = `${message} Nothing was connected; begin again to try once more.`;
  return page({ status: statusOf(code), title: 'Not connected', body: text`<p>${said}</p>` });
}

function statusOf(code: string): number {
  if (code === 'internal') return 500;
  return code === 'forbidden' ? 403 : 400;
}

/** The page of one that the provider says no to. */
export function declinedPage({ shown: { provider } }: PendingConsent): Response {
  const said = `${provider} gave no consent. Nothing was connected; open the address again to try once more.`;
  return page({ status: 400, title: 'Not connected', body: text`<p>${said}</p>` });
}

/** Asks the person who comes back from a provider to go on, and says for whom. */
export function confirmPage(pending: PendingConsent, answer: URLSearchParams): Response {
  const code = pending.starterId === null ? codeField() : text``;
  const body = text`${warning(pending)}${form(pending, answer, code)}`;
  return page({ title: `Connect ${pending.shown.provider}?`, body, hasForm: true });
}

/** Asks for proof that the person in front of the browser is the one who began. */
export function provePage({ unproven: pending, triesLeft }: UnprovenConsent, answer: URLSearchParams): Response {
  const wrong =
    triesLeft === undefined
      ? text``
      : text`<p role="alert">That is not the code. Tries left: ${String(triesLeft)}.</p>`;
  const body = text`${wrong}${signInHint(pending, answer)}${warning(pending)}${form(pending, answer, codeField())}`;
  return page({ status: 403, title: 'Was it you who began this?', body, hasForm: true });
}

function signInHint({ starterId, shown: { email } }: PendingConsent, answer: URLSearchParams): Html {
  if (starterId === null) return text`<p>Enter the confirmation code that this was begun with.</p>`;
  const back = new URLSearchParams({ return: `${callbackPath}?${answer.toString()}` });
  return text`<p>Nobody is signed in in this browser. <a href="${`/?${back.toString()}`}">Sign in as ${email ?? 'who began this'} and come back</a>, or enter the confirmation code.</p>`;
}

function warning({ mode, shown: { provider, organization, email } }: PendingConsent): Html {
  const who = email ?? 'somebody with an API key';
  const whose = mode === 'user' ? `of ${who}` : `of everybody in ${organization}`;
  return text`<p class="warning">Begun by ${who} of ${organization}. Go on only if that is you, and you have just begun this yourself. Else close this page: calls ${whose} would act as your account at ${provider}.</p>`;
}

function codeField(): Html {
  return text`<p><label>Confirmation code <input name="confirmation_code" required maxlength="20" autocomplete="off" spellcheck="false"></label></p>
<p class="warning">Enter only a code that you see in your own terminal. Nobody who sends you a code means well.</p>`;
}

function form({ shown: { provider, organization, email } }: PendingConsent, answer: URLSearchParams, code: Html): Html {
  const hidden = [...answer].map(([name, value]) => text`<input type="hidden" name="${name}" value="${value}">`);
  const label = `Connect ${provider} to ${organization}${email === null ? '' : ` as ${email}`}`;
  return text`<form method="post" action="${callbackPath}">${hidden}${code}<button>${label}</button></form>`;
}
