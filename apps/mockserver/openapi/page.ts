import { html } from 'hono/html';
import type { NamedMock } from './mocks.ts';

type Markup = ReturnType<typeof html>;

const mostRows = 2_000;

/** The page of one mock: its operations, and how to call them. */
export function mockPage({ name, mock }: NamedMock, origin: string): Markup {
  const rows = mock.operations.slice(0, mostRows).map(
    (operation) =>
      html`<tr>
        <td><code>${operation.method}</code></td>
        <td><code>${operation.path}</code></td>
        <td>${operation.broken === undefined ? operation.summary : `not served: ${operation.broken}`}</td>
      </tr>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${name} · mockserver</title>
        <style>
          :root {
            color-scheme: light dark;
          }
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 60rem;
            margin: 2rem auto;
            padding: 0 1rem;
          }
          td {
            padding: 0.1rem 1rem 0.1rem 0;
            vertical-align: top;
            overflow-wrap: anywhere;
          }
        </style>
      </head>
      <body>
        <h1>${mock.title === '' ? name : mock.title}</h1>
        <p>
          Served at <code>${origin}/mock/${name}</code>. A request that does not fit
          <a href="/mock/openapi/${name}/document">its document</a> is answered with what is wrong with it; any other
          with an example or a made-up value. <code>Prefer: code=404</code> asks for another answer,
          <code>Prefer: example=NAME</code> for a named example, <code>Prefer: seed=7</code> for other made-up values.
        </p>
        ${
          rows.length === 0
            ? html`<p>The document has no paths, so there is nothing to call.</p>`
            : html`<table>
                ${rows}
              </table>`
        }
        <p><a href="/">All that this server imitates</a></p>
      </body>
    </html>`;
}
