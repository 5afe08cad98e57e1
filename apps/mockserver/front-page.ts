import { html } from 'hono/html';
import type { ReceivedRequest } from './control/journal.ts';
import type { Fault } from './control/faults.ts';
import type { NamedMock } from './openapi/mocks.ts';
import { operations } from './devops/operations.ts';
import { senders } from './webhooks/senders.ts';

interface FrontPageOptions {
  readonly origin: string;
  readonly token: string;
  readonly requests: readonly ReceivedRequest[];
  readonly faults: readonly Fault[];
  readonly mocks: readonly NamedMock[];
}

type Markup = ReturnType<typeof html>;

/** The page that tells a visitor what this server is and how to use it. */
export function frontPage(options: FrontPageOptions): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>mockserver</title>
        <style>
          :root {
            color-scheme: light dark;
          }
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 52rem;
            margin: 2rem auto;
            padding: 0 1rem;
          }
          pre {
            overflow-x: auto;
            padding: 0.75rem;
            border: 1px solid;
            border-radius: 0.5rem;
          }
          td {
            padding: 0.1rem 1rem 0.1rem 0;
            vertical-align: top;
          }
        </style>
      </head>
      <body>
        <h1>mockserver</h1>
        <p>
          It imitates the outside world for tests, demos and development. Its data lives in memory and is never real.
        </p>
        ${devops(options)} ${mockList(options)} ${webhooks(options)} ${faultList(options)} ${requestList(options)}
      </body>
    </html>`;
}

function devops({ origin, token }: FrontPageOptions): Markup {
  return html`<h2>Acme DevOps</h2>
    <p>
      An API with issues, deployments and incidents: <a href="/openapi.json">/openapi.json</a>. Send the token
      <code>${token}</code> as a bearer token or as <code>X-Api-Key</code>.
    </p>
    <pre>curl -H 'Authorization: Bearer ${token}' '${origin}/v1/issues?state=open'</pre>
    <table>
      ${operations.map(
        (operation) =>
          html`<tr>
            <td><code>${operation.method.toUpperCase()} /v1${operation.path}</code></td>
            <td>${operation.summary}</td>
          </tr>`,
      )}
    </table>`;
}

function mockList({ origin, mocks }: FrontPageOptions): Markup {
  const rows = mocks.map(({ name, mock }) => html`<li><a href="/mock/${name}">${name}</a>: ${mock.title}</li>`);
  return html`<h2>Mocks of OpenAPI documents</h2>
    ${
      rows.length > 0
        ? html`<ul>
            ${rows}
          </ul>`
        : html`<p>None yet. Hand in a document, and every operation of it is served:</p>
            <pre>curl '${origin}/mock/openapi?name=shop' --data-binary @openapi.yaml</pre>`
    }`;
}

function webhooks({ origin }: FrontPageOptions): Markup {
  return html`<h2>Webhooks</h2>
    <p>
      Sends a webhook, labelled and signed as its provider does, to a server on this machine. Providers:
      ${Object.keys(senders).join(', ')}.
    </p>
    <pre>
curl ${origin}/_control/webhooks/send \\
  --json '{"provider":"github","event":"push","url":"http://127.0.0.1:8081/<i>where it goes</i>","secret":"<i>its secret</i>"}'</pre>`;
}

function faultList({ origin, faults }: FrontPageOptions): Markup {
  const rows = faults.map(
    (fault) => html`<li><code>${fault.method ?? 'any'} ${fault.path}</code>, ${String(fault.times)} more</li>`,
  );
  return html`<h2>Faults</h2>
    ${
      rows.length > 0
        ? html`<ul>
            ${rows}
          </ul>`
        : html`<p>None: every answer is true. To see how a client copes, order some:</p>
            <pre>curl ${origin}/_control/faults --json '{"path":"/v1/issues","status":503,"times":2}'</pre>`
    }
    <p><code>POST /_control/reset</code> forgets faults and requests and brings the seeded data back.</p>`;
}

function requestList({ requests }: FrontPageOptions): Markup {
  const rows = requests
    .slice(-20)
    .toReversed()
    .map(
      (request) =>
        html`<tr>
          <td>${request.at}</td>
          <td><code>${request.method} ${request.path}${request.query}</code></td>
        </tr>`,
    );
  return html`<h2>Last requests</h2>
    ${
      rows.length > 0
        ? html`<table>
              ${rows}
            </table>
            <p>Headers and bodies: <a href="/_control/requests">/_control/requests</a></p>`
        : html`<p>Nothing has arrived yet. Call the API above and load this page again.</p>`
    }`;
}
