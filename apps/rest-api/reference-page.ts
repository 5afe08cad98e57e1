import { basePath, openApiDocument, operations, type Operation } from '@devmesh/api';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A page to browse the operations on, made from the same table as /openapi.json. */
export function referencePage(version: string): Html {
  const { paths } = openApiDocument(version) as { paths: Record<string, Record<string, unknown>> };
  const groups = Object.entries<Record<string, Operation>>(operations);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Developer Mesh API ${version}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>Developer Mesh API</h1>
          <p>Version ${version}. The same as a document: <a href="/openapi.json">openapi.json</a>.</p>
          <nav aria-label="Features">${groups.map(([group]) => html`<a href="#${group}">${group}</a> `)}</nav>
        </header>
        <main>
          ${groups.map(
            ([group, members]) =>
              html`<section id="${group}">
                <h2>${group}</h2>
                ${Object.values(members).map((operation) => article(operation, paths[basePath + operation.path]))}
              </section>`,
          )}
        </main>
      </body>
    </html>`;
}

function article(operation: Operation, path: Record<string, unknown> | undefined): Html {
  const details = JSON.stringify(path?.[operation.method.toLowerCase()], null, 2);
  return html`<details>
    <summary>
      <b class="${operation.method}">${operation.method}</b> <code>${basePath}${operation.path}</code>
      <span>${operation.summary}</span>
    </summary>
    ${operation.description === undefined ? '' : html`<p>${operation.description}</p>`}
    <p>
      Scope: <code>${operation.scope}</code>${
        operation.mcp === undefined ? '' : html` · MCP tool: <code>${operation.mcp.tool}</code>`
      }${operation.cli === undefined ? '' : html` · CLI: <code>devmesh ${operation.cli}</code>`}
    </p>
    <pre>${details}</pre>
  </details>`;
}

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  nav a { margin-right: .75rem; }
  h2 { margin-top: 2rem; text-transform: capitalize; }
  details { border: 1px solid #8884; border-radius: .5rem; margin: .5rem 0; padding: .5rem .75rem; }
  summary { cursor: pointer; }
  summary b { display: inline-block; min-width: 4.5rem; font-size: .8rem; }
  summary span { opacity: .75; margin-left: .5rem; }
  .GET { color: #1a7f5a; } .POST { color: #2563c9; } .PUT, .PATCH { color: #a86400; } .DELETE { color: #c0392b; }
  pre { overflow: auto; background: #8881; padding: .75rem; border-radius: .5rem; font-size: .8rem; }
`;
